/** Kills a hub under load again and again: `scripts/soak [rounds]`, 100 by default. */
import { killRounds } from "./kill-rounds.ts";

const rounds = Number(process.argv[2] ?? 100);
const startedAt = performance.now();
const report = await killRounds(rounds);
console.log(
  JSON.stringify({ ...report, seconds: Math.round((performance.now() - startedAt) / 1000) }, null, 2),
);
process.exitCode = report.violations.length === 0 ? 0 : 1;
