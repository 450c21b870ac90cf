import { defineConfig } from 'vite';

/** The page goes into the package, beside the compiled runtime that serves it. */
export default defineConfig({
  base: './',
  build: {
    outDir: '../dist/web',
    emptyOutDir: true,
    target: 'es2022',
    // The page's rules allow no inline data but pictures.
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 1500,
  },
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  logLevel: 'warn',
});
