/**
 * In-place fast Fourier transform (radix 2; Cooley and Tukey 1965). `real` and `imaginary` have the same
 * power-of-two length. `inverse` also divides by the length.
 *
 * @throws {RangeError} when the length is no power of two.
 */
export function fft(real: Float64Array, imaginary: Float64Array, inverse = false): void {
  const n = real.length;
  if (n === 0 || (n & (n - 1)) !== 0) throw new RangeError(`FFT of ${n} points`);
  permute(real, imaginary);
  for (let span = 2; span <= n; span *= 2) {
    const half = span / 2;
    const cos = new Float64Array(half);
    const sin = new Float64Array(half);
    for (let k = 0; k < half; k++) {
      const angle = ((inverse ? 2 : -2) * Math.PI * k) / span;
      cos[k] = Math.cos(angle);
      sin[k] = Math.sin(angle);
    }
    for (let start = 0; start < n; start += span) {
      for (let k = 0; k < half; k++) {
        const a = start + k;
        const b = a + half;
        const re = (real[b] ?? 0) * (cos[k] ?? 0) - (imaginary[b] ?? 0) * (sin[k] ?? 0);
        const im = (real[b] ?? 0) * (sin[k] ?? 0) + (imaginary[b] ?? 0) * (cos[k] ?? 0);
        real[b] = (real[a] ?? 0) - re;
        imaginary[b] = (imaginary[a] ?? 0) - im;
        real[a] = (real[a] ?? 0) + re;
        imaginary[a] = (imaginary[a] ?? 0) + im;
      }
    }
  }
  if (!inverse) return;
  for (let i = 0; i < n; i++) {
    real[i] = (real[i] ?? 0) / n;
    imaginary[i] = (imaginary[i] ?? 0) / n;
  }
}

function permute(real: Float64Array, imaginary: Float64Array): void {
  for (let i = 1, j = 0; i < real.length; i++) {
    let bit = real.length >> 1;
    for (; j & bit; bit >>= 1) j ^= bit;
    j ^= bit;
    if (i >= j) continue;
    [real[i], real[j]] = [real[j] ?? 0, real[i] ?? 0];
    [imaginary[i], imaginary[j]] = [imaginary[j] ?? 0, imaginary[i] ?? 0];
  }
}
