# Sourced by scripts/run, scripts/test and scripts/build: brings Bun and the dependencies, and says what it installs.
# Plain POSIX sh. Everything it fetches is kept, so that the next run works offline.
#
# Sets HEARTH_ROOT and BUN (an absolute path).

say() { printf '%s\n' "$*" >&2; }
die() { say "$*"; exit 1; }

HEARTH_ROOT=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
BUN_VERSION=$(sed -n '/"engines"/,/}/s/.*"bun": *"\([0-9.]*\)".*/\1/p' "$HEARTH_ROOT/package.json")
[ -n "$BUN_VERSION" ] || die "package.json names no Bun version under \"engines\"."

# A cache that can be written, also where HOME is not.
hearth_cache() {
  for place in "${XDG_CACHE_HOME:-${HOME:+$HOME/.cache}}" "$HEARTH_ROOT/.cache"; do
    [ -n "$place" ] && mkdir -p "$place/hearth" 2>/dev/null && [ -w "$place/hearth" ] && {
      printf '%s\n' "$place/hearth"
      return
    }
  done
  die "Neither ~/.cache nor $HEARTH_ROOT/.cache can be written. Set XDG_CACHE_HOME to a directory that can."
}
CACHE=$(hearth_cache)

has() { command -v "$1" >/dev/null 2>&1; }

# Patience with a package mirror or another apt-get, in seconds: a machine without a network must not wait for minutes.
apt_get() {
  DEBIAN_FRONTEND=noninteractive apt-get -q -o Acquire::Retries=1 -o Acquire::http::Timeout=15 \
    -o Acquire::https::Timeout=15 -o DPkg::Lock::Timeout=60 "$@" >>"$CACHE/apt.log" 2>&1
}
APT_UPDATED=

# apt_install REASON PACKAGE...: where root and apt are, install what is missing. Fails quietly elsewhere.
apt_install() {
  reason=$1
  shift
  for package in "$@"; do
    shift
    dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q '^install ok installed' || set -- "$@" "$package"
  done
  [ $# -eq 0 ] && return 0
  has apt-get || return 1
  [ "$(id -u)" = 0 ] || return 1
  say "Installing $* ($reason) with apt-get."
  : >"$CACHE/apt.log"
  apt_get install -y --no-install-recommends "$@" && return 0
  if [ -z "$APT_UPDATED" ]; then
    APT_UPDATED=yes
    apt_get update && apt_get install -y --no-install-recommends "$@" && return 0
  fi
  say "apt-get could not install $*; its output is in $CACHE/apt.log."
  return 1
}

# download URL FILE
download() {
  if has curl; then curl -fsSL --retry 2 --connect-timeout 15 --speed-limit 1000 --speed-time 30 -o "$2" "$1"
  elif has wget; then wget -q --tries=2 --timeout=15 -O "$2" "$1"
  elif has node; then
    # Node trusts its own authorities only, until it is told of the machine's.
    NODE_EXTRA_CA_CERTS=${NODE_EXTRA_CA_CERTS:-/etc/ssl/certs/ca-certificates.crt} node -e '
      const [url, file] = process.argv.slice(1);
      fetch(url, { signal: AbortSignal.timeout(300000) }).then(async (response) => {
        if (!response.ok) throw new Error(String(response.status));
        require("node:fs").writeFileSync(file, Buffer.from(await response.arrayBuffer()));
      }).catch(() => process.exit(1));' "$1" "$2"
  else return 1; fi
}

sha512_base64() {
  if has openssl; then openssl dgst -sha512 -binary "$1" | openssl base64 -A
  elif has sha512sum; then hex=$(sha512sum "$1"); hex_base64 "${hex%% *}"
  elif has shasum; then hex=$(shasum -a 512 "$1"); hex_base64 "${hex%% *}"
  else return 1; fi
}

# Hexadecimal digits to base 64, for machines with no openssl.
hex_base64() {
  printf '%s' "$1" | awk '
    BEGIN { digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"; hex = "0123456789abcdef" }
    {
      bits = 0; held = 0; out = ""
      for (i = 1; i <= length($0); i++) {
        held = held * 16 + index(hex, substr($0, i, 1)) - 1; bits += 4
        if (bits >= 6) { bits -= 6; unit = int(held / 2 ^ bits); held -= unit * 2 ^ bits; out = out substr(digits, unit + 1, 1) }
      }
      if (bits > 0) out = out substr(digits, held * 2 ^ (6 - bits) + 1, 1)
      while (length(out) % 4) out = out "="
      printf "%s", out
    }'
}

# The platform package of Bun in the npm registry and its checksum, for the version pinned in package.json.
bun_package() {
  case "$(uname -s)-$(uname -m)" in
    Linux-x86_64)
      if grep -q avx2 /proc/cpuinfo 2>/dev/null; then
        package=bun-linux-x64 sum=IWX9BELoGHAUtMonkeSaNaZwXzRk+oDw6Mk+HBFXd3KHYIBNBsIGRupMZPcgNoDbJpLu6gAJjIoIVPZtt1aJ1g==
      else
        package=bun-linux-x64-baseline sum=s8yMwYcFnnrA178gji0gZbkE2WVDej/Ti1x770oPfihxyRxSMNhGhiAQNXV53aDeraZxksdvKV/RAdQBCd0qPA==
      fi ;;
    Linux-aarch64 | Linux-arm64) package=bun-linux-aarch64 sum=4BXmsSKnjOrlGWqZV4x/oWa7AVoR+B6lCXddMzOAXBIm3t50eslg9wb66gmtW1AamEQ1l1CDvmmruysEhqOWMg== ;;
    Darwin-arm64) package=bun-darwin-aarch64 sum=4MIFXHmctH2EhAxLXm2/qxNtv17dFtLJylvaOCsrgq6KSqHTs6eW5YSrJjRbJxYUJaR901fsN8JfZOa+CsWpWQ== ;;
    Darwin-x86_64) package=bun-darwin-x64 sum=qkLPMGHZM9NI6CeHTWwVezzmlo6cC4Ta7yUAjYIWXS366qQcOlcp75t2uZyiuVRBMPS0h9qE0tCcvCHGaFqjJg== ;;
    *) return 1 ;;
  esac
}

bun_from_registry() {
  bun_package || return 1
  has curl || has wget || has node || apt_install "to download Bun" curl ca-certificates || return 1
  url="https://registry.npmjs.org/@oven/$package/-/$package-$BUN_VERSION.tgz"
  say "Installing Bun $BUN_VERSION from the npm registry into $CACHE."
  work=$(mktemp -d "$CACHE/bun.XXXXXX") || return 1
  if download "$url" "$work/bun.tgz" && [ "$(sha512_base64 "$work/bun.tgz")" = "$sum" ] &&
    tar -xzf "$work/bun.tgz" -C "$work" package/bin/bun; then
    mkdir -p "$CACHE/bun-$BUN_VERSION" && mv -f "$work/package/bin/bun" "$CACHE/bun-$BUN_VERSION/bun"
    status=$?
  else
    say "That download failed or its checksum was wrong."
    status=1
  fi
  rm -rf "$work"
  return "$status"
}

bun_from_installer() {
  has curl && has bash || return 1
  say "Installing Bun $BUN_VERSION with its official installer into $CACHE."
  curl -fsSL https://bun.sh/install | BUN_INSTALL="$CACHE/bun-installer" bash -s "bun-v$BUN_VERSION" >&2 &&
    mkdir -p "$CACHE/bun-$BUN_VERSION" && mv -f "$CACHE/bun-installer/bin/bun" "$CACHE/bun-$BUN_VERSION/bun"
}

bring_bun() {
  BUN=$(command -v bun 2>/dev/null) && [ "$("$BUN" --version 2>/dev/null)" = "$BUN_VERSION" ] && return
  BUN="$CACHE/bun-$BUN_VERSION/bun"
  [ "$("$BUN" --version 2>/dev/null)" = "$BUN_VERSION" ] && return
  bun_from_registry || bun_from_installer ||
    die "Could not get Bun $BUN_VERSION. Install curl or wget, or put Bun $BUN_VERSION on the PATH, then try again."
  [ "$("$BUN" --version 2>/dev/null)" = "$BUN_VERSION" ] || die "The Bun that was installed does not run on this machine."
}

# Dependencies, exactly as bun.lock says; nothing to do when they are there already.
bring_dependencies() {
  wanted=$(cksum <"$HEARTH_ROOT/bun.lock")
  [ "$(cat "$HEARTH_ROOT/node_modules/.hearth-lock" 2>/dev/null)" = "$wanted" ] && return
  say "Installing the dependencies from the npm registry."
  (cd "$HEARTH_ROOT" && "$BUN" install --frozen-lockfile --ignore-scripts >"$CACHE/install.log" 2>&1) ||
    die "bun install failed; its output is in $CACHE/install.log."
  printf '%s\n' "$wanted" >"$HEARTH_ROOT/node_modules/.hearth-lock"
}

bring_bun
bring_dependencies
PATH="$(dirname -- "$BUN"):$PATH"
export PATH
