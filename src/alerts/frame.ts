import type { RunHistory } from '../history.ts';
import type { AlertBody, AnyRecord, Level, RunBody } from '../record.ts';
import { fullName } from '../record.ts';
import type { Finding, Rule } from '../rule.ts';

/**
 * Steps in a row that were evaluated without the finding until an alert is resolved: one good measurement proves nothing. Steps, because
 * a rule that reads several metrics is evaluated for each of them.
 */
const QUIET_STEPS = 3;
/** Classes in the id of an alert; of more it holds the first, and how many there are. */
const CLASSES_IN_ID = 24;
const GRAVITY: { readonly [level in Level]: number } = { info: 0, warn: 1, error: 2 };

interface Open {
  body: AlertBody;
  quiet: number;
  /** The last step that was counted as quiet; -1 for none. */
  quietAt: number;
  /** Last step of the evidence that was told. */
  told: number;
}

/**
 * The frame around the rules: what opens, stays open and is resolved. Rules only look at the evidence; hysteresis and
 * re-arming live here, so that they are the same live, in replay and in tests.
 */
export class RuleFrame {
  private readonly open = new Map<string, Open>();
  private readonly rules: readonly Rule[];
  private readonly failed: (rule: Rule, error: unknown) => void;

  constructor(rules: readonly Rule[], failed: (rule: Rule, error: unknown) => void) {
    this.rules = rules;
    this.failed = failed;
  }

  /** Alerts that opened, went on or were resolved by these records, which `history` holds already. */
  evaluate(records: readonly AnyRecord[], run: RunBody, history: RunHistory): AlertBody[] {
    const measured = new Set(records.filter((record) => record.kind === 'measurement').map(fullName));
    const due = this.rules.filter((rule) => rule.reads.some((name) => measured.has(name)));
    return due.flatMap((rule) => this.evaluateRule(rule, run, history));
  }

  private evaluateRule(rule: Rule, run: RunBody, history: RunHistory): AlertBody[] {
    let findings: readonly Finding[];
    try {
      findings = rule.evaluate({ run, history });
    } catch (error) {
      this.failed(rule, error);
      return [];
    }
    const present = new Map(findings.map((finding) => [keyOf(rule, finding), finding]));
    const changes = [...present].flatMap(([key, finding]) => {
      const known = this.open.get(key);
      if (known !== undefined)
        return followed(known, bodyOf(rule, finding, known.body.id, 'updated'), history.lastStep);
      const body = bodyOf(rule, finding, idOf(rule, finding), 'opened');
      this.open.set(key, { body, quiet: 0, quietAt: -1, told: finding.steps[1] });
      return [body];
    });
    return [...changes, ...this.resolve(rule, present, history.lastStep)];
  }

  private resolve(rule: Rule, present: ReadonlyMap<string, Finding>, step: number): AlertBody[] {
    const resolved: AlertBody[] = [];
    for (const [key, known] of this.open) {
      if (known.body.rule !== rule.id || present.has(key) || !isOver(known, step)) continue;
      this.open.delete(key);
      resolved.push({ ...known.body, state: 'resolved', steps: [known.body.steps[0], step] });
    }
    return resolved;
  }
}

/**
 * What is told of an open alert that goes on: at once where it has become graver; where it has become milder, after as many steps as it
 * would take to resolve it, and until then it stands as it was; else each time its last step has doubled.
 */
function followed(known: Open, body: AlertBody, step: number): AlertBody[] {
  const graver = GRAVITY[body.level] - GRAVITY[known.body.level];
  if (graver < 0 && !isOver(known, step)) return [];
  known.body = body;
  known.quiet = 0;
  known.quietAt = -1;
  const last = body.steps[1];
  if (graver === 0 && !(last >= 2 * known.told && last > 0)) return [];
  known.told = last;
  return [body];
}

/** Counts a step without the finding; whether they were enough of them. */
function isOver(known: Open, step: number): boolean {
  if (known.quietAt === step) return false;
  known.quietAt = step;
  return ++known.quiet >= QUIET_STEPS;
}

function keyOf(rule: Rule, { classes }: Finding): string {
  return `${rule.id}/${classes.join(',')}`;
}

/** As long as a name may be, however many classes are concerned. */
function idOf(rule: Rule, { classes, steps }: Finding): string {
  const more = classes.length > CLASSES_IN_ID ? `+${classes.length - CLASSES_IN_ID}` : '';
  return `${rule.id}/${classes.slice(0, CLASSES_IN_ID).join(',')}${more}@${steps[0]}`;
}

function bodyOf(rule: Rule, finding: Finding, id: string, state: AlertBody['state']): AlertBody {
  const { level = rule.level, remedy = rule.remedy } = finding;
  return { ...finding, id, rule: rule.id, level, state, remedy };
}
