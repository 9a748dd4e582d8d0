// Writes the API's document and the types made from it. The Python beside it (or HUSK_PYTHON) has the API.
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import openapiTS, { astToString } from "openapi-typescript";

const here = resolve(dirname(fileURLToPath(import.meta.url)), "..");
const root = resolve(here, "../..");
const document = join(here, "openapi.json");
const types = join(here, "src/api/schema.d.ts");

const own = join(root, ".venv/bin/python");
const python = process.env.HUSK_PYTHON ?? (existsSync(own) ? own : "python3");

const text = execFileSync(python, ["-m", "web.openapi"], { cwd: root, maxBuffer: 64 * 1024 * 1024 });
writeFileSync(document, text);
mkdirSync(dirname(types), { recursive: true });
writeFileSync(types, astToString(await openapiTS(JSON.parse(text))));
