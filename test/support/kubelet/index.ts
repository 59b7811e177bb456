export { scriptedKubelet } from './scripted.ts';
export { type Kubelet, type PodScript, type Start } from './script.ts';
