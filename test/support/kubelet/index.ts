export { processKubelet, type ProcessKubelet, type ProcessSettings } from './process.ts';
export { scriptedKubelet } from './scripted.ts';
export {
  type Kubelet,
  type PodScript,
  type ScriptedSettings,
  type Start,
  type StepScript,
} from './script.ts';
