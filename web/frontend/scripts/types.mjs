// Writes the API's document and the types made from it, and takes over the reference of flowfile.
// The Python beside it (or HUSK_PYTHON) has the API.
import { execFileSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
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

// Not there where the image of the control plane is built: the copy is kept with the sources.
const reference = join(root, "docs/flowfile.md");
const copy = join(here, "src/reference/flowfile.md");
if (existsSync(reference) && !(existsSync(copy) && readFileSync(copy).equals(readFileSync(reference)))) {
  copyFileSync(reference, copy);
}
