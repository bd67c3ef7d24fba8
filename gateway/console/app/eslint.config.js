import pluginVue from "eslint-plugin-vue";
import tseslint from "typescript-eslint";

export default tseslint.config(
  { ignores: ["**/schema.d.ts", "dist/**"] },
  ...tseslint.configs.strict,
  ...pluginVue.configs["flat/recommended"],
  {
    files: ["**/*.vue"],
    languageOptions: { parserOptions: { parser: tseslint.parser } },
  },
  {
    rules: {
      "max-lines": ["error", { max: 200, skipBlankLines: true }],
      "no-console": "error",
      "no-eval": "error",
      "no-restricted-syntax": ["error", {
        selector: "MemberExpression[property.name=/^(innerHTML|outerHTML|insertAdjacentHTML)$/]",
        message: "What people write is text, never markup.",
      }],
      "vue/no-v-html": "error",
      // Words stand in words.ts, in both languages; figures and signs may stay.
      "vue/no-bare-strings-in-template": ["error", { allowlist: ["·", "/", "—", "×", "?", ":", "%", "+", "−", "#", "(", ")", "…", "→", "↑", "↓", "Showrunner", "♥"] }],
      "vue/multi-word-component-names": "off",
      "vue/require-default-prop": "off",
      "vue/max-attributes-per-line": "off",
      "vue/singleline-html-element-content-newline": "off",
      "vue/html-self-closing": "off",
      "vue/component-api-style": ["error", ["script-setup"]],
      "vue/define-macros-order": "error",
      "vue/block-order": ["error", { order: ["script", "template", "style"] }],
      "@typescript-eslint/no-non-null-assertion": "error",
    },
  },
  { files: ["**/e2e/**"], rules: { "no-console": "off", "no-restricted-syntax": "off" } },
  { files: ["**/words.ts", "**/*.test.ts"], rules: { "max-lines": "off" } },
);
