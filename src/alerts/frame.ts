import type { RunHistory } from '../history.ts';
import type { AlertBody, AnyRecord, RunBody } from '../record.ts';
import { fullName } from '../record.ts';
import type { Finding, Rule } from '../rule.ts';

/**
 * Steps in a row that were evaluated without the finding until an alert is resolved: one good measurement proves nothing. Steps, because
 * a rule that reads several metrics is evaluated for each of them.
 */
const QUIET_STEPS = 3;
/** Classes in the id of an alert; of more it holds the first, and how many there are. */
const CLASSES_IN_ID = 24;

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
    const changes: AlertBody[] = [];
    for (const [key, finding] of present) {
      const known = this.open.get(key);
      if (known !== undefined) {
        known.quiet = 0;
        known.quietAt = -1;
        known.body = bodyOf(rule, finding, known.body.id, 'updated');
        // What lasts is told again each time its last step has doubled.
        if (finding.steps[1] >= 2 * known.told && finding.steps[1] > 0) {
          known.told = finding.steps[1];
          changes.push(known.body);
        }
        continue;
      }
      const body = bodyOf(rule, finding, idOf(rule, finding), 'opened');
      this.open.set(key, { body, quiet: 0, quietAt: -1, told: finding.steps[1] });
      changes.push(body);
    }
    return [...changes, ...this.resolve(rule, present, history.lastStep)];
  }

  private resolve(rule: Rule, present: ReadonlyMap<string, Finding>, step: number): AlertBody[] {
    const resolved: AlertBody[] = [];
    for (const [key, known] of this.open) {
      if (known.body.rule !== rule.id || present.has(key)) continue;
      if (known.quietAt === step) continue;
      known.quietAt = step;
      known.quiet++;
      if (known.quiet < QUIET_STEPS) continue;
      this.open.delete(key);
      resolved.push({ ...known.body, state: 'resolved', steps: [known.body.steps[0], step] });
    }
    return resolved;
  }
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
  return { id, rule: rule.id, level: rule.level, state, remedy: rule.remedy, ...finding };
}
