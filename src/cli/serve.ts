import { fileURLToPath } from 'node:url';
import { startServer } from '../server/server.ts';
import { openStore } from '../store/sqlite.ts';
import { UsageError } from '../usage-error.ts';
import { type Command, LOGDIR, logdirOf, type OptionValues, textOf } from './command.ts';

const EVERYWHERE = '0.0.0.0';
const MAX_PORT = 65_535;

/** The dashboard over a log directory, until it is stopped. */
export const serve: Command = {
  help: 'show the runs of a log directory in the browser (the default command)',
  operands: [],
  options: {
    logdir: LOGDIR,
    host: { value: 'HOST', help: 'listen on this address (default: 127.0.0.1)' },
    bind_all: { value: null, help: 'listen on all addresses of this machine' },
    port: { value: 'PORT', help: 'first port to try (default: 6120; 0: any)' },
    path_prefix: { value: 'PATH', help: 'path of the dashboard behind a proxy, such as /classwatch' },
    json: { value: null, help: 'print one line of JSON with url, origin, port and token' },
  },
  async run(values, _operands, terminal) {
    const { host, port, pathPrefix } = addressOf(values);
    const logdir = logdirOf(values, terminal);
    const report = (sentence: string) => terminal.err(`classwatch: ${sentence}\n`);
    const store = openStore(logdir, { report });
    const token = terminal.env.CLASSWATCH_TOKEN || undefined;
    const server = await startServer({
      store,
      dashboard: fileURLToPath(new URL('../dashboard', import.meta.url)),
      report,
      host,
      ...(port === undefined ? {} : { port }),
      ...(pathPrefix === undefined ? {} : { pathPrefix }),
      ...(token === undefined ? {} : { token }),
    });
    const stopped = terminal.stopped();
    const { origin } = server;
    if (values.json) {
      await terminal.out(`${JSON.stringify({ url: server.link(), origin, port: server.port, token: server.token })}\n`);
    } else {
      await terminal.out(`classwatch: the runs of ${logdir} are shown at ${server.link()} (Ctrl-C stops)\n`);
      if (host !== '127.0.0.1' && token === undefined) {
        await terminal.out(
          `classwatch: a training process elsewhere sends its run here with CLASSWATCH_TOKEN=${server.token}\n`,
        );
      }
    }
    await stopped;
    await server.close();
    store.close();
    return 0;
  },
};

function addressOf(values: OptionValues): { host: string; port: number | undefined; pathPrefix: string | undefined } {
  const host = textOf(values, 'host');
  const port = textOf(values, 'port');
  if (host !== undefined && values.bind_all)
    throw new UsageError('Options --host and --bind-all exclude each other: give one of them.');
  if (port !== undefined && !(/^\d{1,5}$/.test(port) && Number(port) <= MAX_PORT)) {
    throw new UsageError(
      `Option --port expects a number from 0 to ${MAX_PORT}, got ${JSON.stringify(port.slice(0, 80))}.`,
    );
  }
  return {
    host: values.bind_all ? EVERYWHERE : (host ?? '127.0.0.1'),
    port: port === undefined ? undefined : Number(port),
    pathPrefix: textOf(values, 'path_prefix'),
  };
}
