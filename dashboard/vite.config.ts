import { defineConfig } from 'vite';

// The page lives under whatever path prefix the server has, and under a content security policy without inline code.
export default defineConfig({
  base: './',
  build: {
    outDir: '../dist/dashboard',
    emptyOutDir: true,
    target: 'es2022',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
});
