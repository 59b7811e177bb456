/** Metrics that are read off their source when Prometheus asks. */
import { Counter, Gauge, type Registry } from 'prom-client';

interface Collected {
  name: string;
  help: string;
  read: () => number;
}

export function addGauge(registry: Registry, { read, ...about }: Collected): void {
  registry.registerMetric(
    new Gauge({
      ...about,
      registers: [],
      collect() {
        this.set(read());
      },
    }),
  );
}

/** @param read - since the process was started; never less than before */
export function addCounter(registry: Registry, { read, ...about }: Collected): void {
  registry.registerMetric(
    new Counter({
      ...about,
      registers: [],
      collect() {
        this.reset();
        this.inc(read());
      },
    }),
  );
}

/** One gauge for each value of a label. Those that are not read any more are gone. */
export function addGauges(
  registry: Registry,
  { read, label, ...about }: Omit<Collected, 'read'> & { label: string; read: () => Iterable<Labelled> },
): void {
  registry.registerMetric(
    new Gauge({
      ...about,
      labelNames: [label],
      registers: [],
      collect() {
        this.reset();
        for (const [value, count] of read()) this.inc({ [label]: value }, count);
      },
    }),
  );
}

type Labelled = readonly [value: string, count: number];
