import { simulatorProcess } from "./simulator-process.ts";

process.exit(await simulatorProcess(process.argv.slice(2)));
