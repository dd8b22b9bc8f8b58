// The worker threads, each as one self-contained file, so that a bundled training script can carry them along (option
// workerUrl). `--mode` names the one to build. libsql stays outside: it is a native module, found where classwatch is
// installed.
import { builtinModules } from 'node:module';
import { defineConfig } from 'vite';

const WORKERS = {
  relay: { from: 'src/relay/worker.ts', to: 'worker.js' },
  offload: { from: 'src/offload/worker.ts', to: 'offload.js' },
};

export default defineConfig(({ mode }) => ({
  build: {
    ssr: WORKERS[mode].from,
    outDir: 'dist/relay',
    emptyOutDir: false,
    target: 'node20',
    rolldownOptions: {
      external: ['libsql', ...builtinModules, ...builtinModules.map((name) => `node:${name}`)],
      output: { entryFileNames: WORKERS[mode].to, format: 'esm', codeSplitting: false },
    },
  },
  ssr: { noExternal: true, external: ['libsql'] },
}));
