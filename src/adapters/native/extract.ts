import { mkdir, mkdtemp, open, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";

/** A file to be put on disk. Its name is a plain file name. */
export interface ExtractedFile {
  readonly name: string;
  readonly contents: Blob;
}

/**
 * Put files next to each other on disk, once, and return their directory.
 *
 * The directory is `<cacheDir>/native/<hash of names and contents>`: another version of Hearth has another one.
 * It appears complete or not at all (written aside, synced, renamed), also when several processes extract at the
 * same time or one is killed half-way. What is already there is compared byte for byte by its hash and replaced
 * when it differs. Only the owner may read or write it, since it is loaded as code.
 *
 * @throws when the disk refuses, with the system's error.
 */
export async function extractTogether(files: readonly ExtractedFile[], cacheDir: string): Promise<string> {
  const wanted = await Promise.all(
    files.map(async ({ name, contents }) => {
      const bytes = new Uint8Array(await contents.arrayBuffer());
      return { name, bytes, hash: sha256(bytes) };
    }),
  );
  const key = sha256(Buffer.from(wanted.map(({ name, hash }) => `${name} ${hash}`).join("\n"))).slice(0, 32);
  const root = join(cacheDir, "native");
  const target = join(root, key);
  if (await matches(target, wanted)) return target;

  await mkdir(root, { recursive: true, mode: 0o700 });
  const aside = await mkdtemp(join(root, "writing-"));
  try {
    for (const { name, bytes } of wanted) await writeSynced(join(aside, name), bytes);
    await syncDirectory(aside);
    await moveInto(aside, target, () => matches(target, wanted));
    await syncDirectory(root);
  } finally {
    await rm(aside, { recursive: true, force: true });
  }
  return target;
}

interface WantedFile {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly hash: string;
}

async function matches(directory: string, wanted: readonly WantedFile[]): Promise<boolean> {
  try {
    const { uid } = await stat(directory);
    // A directory of somebody else's could hold somebody else's code a moment after it was compared.
    if (process.getuid && uid !== process.getuid()) return false;
    for (const { name, bytes, hash } of wanted) {
      const path = join(directory, name);
      if ((await stat(path)).size !== bytes.byteLength) return false;
      if (sha256(new Uint8Array(await Bun.file(path).arrayBuffer())) !== hash) return false;
    }
    return true;
  } catch {
    return false;
  }
}

async function moveInto(aside: string, target: string, complete: () => Promise<boolean>): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await rename(aside, target);
      return;
    } catch (error) {
      // Somebody else was faster: theirs is as good when it is whole, and is moved away when it is not.
      if (await complete()) return;
      if (attempt === 3) throw error;
      const away = `${aside}.away-${attempt}`;
      await rename(target, away).catch(() => undefined);
      await rm(away, { recursive: true, force: true });
    }
  }
}

async function writeSynced(path: string, bytes: Uint8Array): Promise<void> {
  const file = await open(path, "wx", 0o700);
  try {
    await file.writeFile(bytes);
    await file.sync();
  } finally {
    await file.close();
  }
}

async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, "r");
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

function sha256(bytes: Uint8Array): string {
  return new Bun.CryptoHasher("sha256").update(bytes).digest("hex");
}
