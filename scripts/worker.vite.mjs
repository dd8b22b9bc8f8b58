// The relay worker as one self-contained file, so that a bundled training script can carry it along (option workerUrl).
// libsql stays outside: it is a native module, found where classwatch is installed.
import { builtinModules } from 'node:module';
import { defineConfig } from 'vite';

export default defineConfig({
  build: {
    ssr: 'src/relay/worker.ts',
    outDir: 'dist/relay',
    emptyOutDir: false,
    target: 'node20',
    rolldownOptions: {
      external: ['libsql', ...builtinModules, ...builtinModules.map((name) => `node:${name}`)],
      output: { entryFileNames: 'worker.js', format: 'esm', codeSplitting: false },
    },
  },
  ssr: { noExternal: true, external: ['libsql'] },
});
