import { MessageChannel, type MessagePort, Worker } from 'node:worker_threads';
import type { RelayOptions } from './message.ts';

/** The relay worker of this process for one place (log directory, address): its runs share one store and one server. */
export class Host {
  private static readonly hosts = new Map<string, Host>();
  private readonly worker: Worker;
  private readonly key: string;
  private readonly losses = new Set<(error: unknown) => void>();
  private runs = 0;
  private keeps = false;

  private constructor(key: string, file: URL) {
    this.key = key;
    // The flags of the training process (loaders, profilers, --input-type) are not for the worker.
    this.worker = new Worker(file, { execArgv: [] });
    this.worker.unref();
    this.worker.on('error', (error) => {
      Host.hosts.delete(key);
      for (const lost of this.losses) lost(error);
    });
  }

  /** The worker that serves this place already, or a new one. */
  static of(file: URL, { url, logdir, mode, host, port, token, dashboard }: RelayOptions): Host {
    const key = JSON.stringify([file.href, url, logdir, mode, host, port, token, dashboard]);
    const host_ = Host.hosts.get(key) ?? new Host(key, file);
    Host.hosts.set(key, host_);
    return host_;
  }

  /** A run's own way to and from the worker; `lost` is called if the worker dies. */
  attach(options: RelayOptions, lost: (error: unknown) => void): MessagePort {
    const { port1, port2 } = new MessageChannel();
    this.runs++;
    this.losses.add(lost);
    this.worker.postMessage({ port: port2, options }, [port2]);
    return port1;
  }

  /** A run has ended; with the last one the worker ends too, unless it is to keep serving. */
  async detach(lost: (error: unknown) => void, keepServing: boolean): Promise<void> {
    this.losses.delete(lost);
    this.runs--;
    this.keeps ||= keepServing;
    if (this.keeps) this.worker.ref();
    else if (this.runs === 0) {
      Host.hosts.delete(this.key);
      await this.worker.terminate();
    }
  }
}
