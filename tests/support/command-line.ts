import { main } from '../../src/cli/main.ts';

/** How a command ended and what it printed. */
export interface Said {
  code: number;
  out: string;
  err: string;
}

/** Runs the command line in this process. */
export async function classwatch(args: string[], env: Record<string, string> = {}): Promise<Said> {
  const said = { code: -1, out: '', err: '' };
  said.code = await main(args, {
    env,
    out: async (text) => {
      said.out += text;
    },
    err: (text) => {
      said.err += text;
    },
    stopped: async () => {},
  });
  return said;
}
