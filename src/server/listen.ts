/** Finds a port: the wanted one, or the next free one. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Ports tried, the wanted one included. */
const MAX_TRIES = 50;
/** Connections at a time, of all kinds. */
const MAX_CONNECTIONS = 512;
const MAX_PORT = 65_535;

export interface Listening {
  readonly http: Server;
  readonly port: number;
}

/** Listens on `port` or the next free one (0: the system picks). Rejects with one sentence if there is none. */
export async function listen(host: string, port: number, report: (sentence: string) => void): Promise<Listening> {
  if (!Number.isInteger(port) || port < 0 || port > MAX_PORT) {
    throw new RangeError(`Expected a port from 0 to ${MAX_PORT}, got ${port}.`);
  }
  const last = port === 0 ? 0 : Math.min(MAX_PORT, port + MAX_TRIES - 1);
  for (let next = port; next <= last; next++) {
    const http = await tryPort(host, next);
    if (http === null) continue;
    const taken = (http.address() as AddressInfo).port;
    if (port !== 0 && taken !== port) report(`Port ${port} is in use: the dashboard is on port ${taken} instead.`);
    return { http, port: taken };
  }
  throw new Error(`Ports ${port} to ${last} of ${host} are all in use: choose another one with port, or 0 for any.`);
}

function tryPort(host: string, port: number): Promise<Server | null> {
  const http = createServer({ headersTimeout: 10_000, requestTimeout: 30_000 });
  http.maxConnections = MAX_CONNECTIONS;
  return new Promise((resolve, reject) => {
    http.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') resolve(null);
      else reject(new Error(`Cannot listen on ${host}, port ${port} (${error.message}): choose another host or port.`));
    });
    http.listen(port, host, () => resolve(http));
  });
}
