/** The controller, as a process of its own, against an API server in memory: how fast, how much of what, how soon. */
import { memoryRows } from './controller/memory.ts';
import { takeoverRows } from './controller/takeover.ts';
import { throughputRows, writeRows } from './controller/throughput.ts';
import { bundled } from './controller/world.ts';
import { withPlace } from './harness/place.ts';
import { type Row } from './harness/row.ts';

export async function controller(): Promise<Row[]> {
  return withPlace(async (place) => {
    const program = await bundled(place);
    const rows: Row[] = [];
    for (const measure of [throughputRows, writeRows, memoryRows, takeoverRows])
      rows.push(...(await measure(place, program)));
    return rows;
  });
}
