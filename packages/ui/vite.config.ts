import { defineConfig } from "vite";

/** The page: JSX by esbuild's successor in vite, no plugin needed. */
export default defineConfig({
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  build: { target: "es2023", modulePreload: false },
});
