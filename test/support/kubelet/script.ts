/** What a scripted kubelet is to play. */
import { type ApiObject } from '../api-server/object.ts';

export interface StepScript {
  /** What its command ends with. Default: 0. */
  exitCode?: number;
  /** ms that its command takes. Default: 0. */
  duration?: number;
  /** Its agent dies without a word, as when memory runs out: reason OOMKilled, code 137 if none is given. */
  silent?: true;
  /** Its container never starts, as long as this is what its image or its configuration gives. */
  waiting?: {
    reason:
      | 'ErrImagePull'
      | 'ImagePullBackOff'
      | 'InvalidImageName'
      | 'CreateContainerConfigError'
      | 'ErrImageNeverPull'
      | 'CreateContainerError';
    message?: string;
  };
  /** What it leaves as its results. */
  results?: Record<string, string>;
  /** What its image turns out to be. */
  imageID?: string;
}

export interface PodScript {
  /** By container name; a step that is not here succeeds at once. */
  steps?: Readonly<Record<string, StepScript>>;
  /** No node takes it; the scheduler's message. */
  unschedulable?: string;
  /** Its first init container fails. */
  initFails?: { exitCode: number; message?: string };
  /** Its init container's image cannot be had. */
  initWaits?: { reason: string; message?: string };
  /** It is evicted so many ms after its containers start. */
  evictedAfter?: number;
  /** Its node goes away so many ms after its containers start: it is deleted, and never ends. */
  nodeLostAfter?: number;
}

export interface ScriptedSettings {
  /** What is played for a pod; asked once, when it is first seen. Default: every step succeeds at once. */
  script?: (pod: ApiObject) => PodScript;
  namespace?: string;
  labelSelector?: string;
  /** ms from a pod's being seen to its containers' running. Default: 0. */
  startDelay?: number;
  /** ms from a change to its being written. Default: 0, in the next turn of the event loop. */
  lag?: number;
  /** ms from the last container's end to the phase that says so. Default: 1000, as measured on a real one. */
  phaseLag?: number;
  /** Default: `test-node`. */
  node?: string;
}

/** A command that was started. */
export interface Start {
  namespace: string;
  pod: string;
  /** Of the pod. */
  uid: string;
  step: string;
  /** ms since the epoch. */
  at: number;
}

export interface Kubelet {
  /** Every start of every step's command, the oldest first. */
  starts: readonly Start[];
  /** How many pods it has now. */
  pods: () => number;
  stop: () => Promise<void>;
}
