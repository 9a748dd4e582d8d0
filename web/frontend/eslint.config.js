import hooks from "eslint-plugin-react-hooks";
import ts from "typescript-eslint";

export default ts.config(
  { ignores: ["dist/", "src/api/schema.d.ts", "scripts/"] },
  ...ts.configs.strict,
  hooks.configs.flat["recommended-latest"] ?? hooks.configs.flat.recommended,
  {
    rules: {
      complexity: ["error", 13],
      "max-lines": ["error", 180],
      "max-lines-per-function": ["error", { max: 60, skipBlankLines: true, skipComments: true }],
      "@typescript-eslint/consistent-type-imports": "error",
    },
  },
);
