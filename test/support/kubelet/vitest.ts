import { onTestFinished } from 'vitest';
import { type Place } from '../api-server/talk.ts';
import { processKubelet, type ProcessKubelet, type ProcessSettings } from './process.ts';
import { type Kubelet, type ScriptedSettings } from './script.ts';
import { scriptedKubelet } from './scripted.ts';

/** A scripted kubelet of the test's own, gone when the test is over. */
export function playPods(place: Place, settings: ScriptedSettings = {}): Kubelet {
  const kubelet = scriptedKubelet(place, settings);
  onTestFinished(() => kubelet.stop());
  return kubelet;
}

/** A kubelet of the test's own that runs real processes; none is left when the test is over. */
export async function runPods(place: Place, settings: ProcessSettings): Promise<ProcessKubelet> {
  const kubelet = await processKubelet(place, settings);
  onTestFinished(() => kubelet.stop());
  return kubelet;
}
