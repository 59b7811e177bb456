import { aboutOf, type ResumeSpec, type ResumeStatus } from '../../shared/resume/resume.ts';
import { plain } from '../../shared/text.ts';
import { defined } from '../defined.ts';
import type { KubeObject } from '../runtime/objects.ts';

/** A Resume as the API server has it: its spec has passed the CRD's schema, its status is the controller's own. */
export interface StoredResume extends KubeObject {
  spec: ResumeSpec;
  status?: ResumeStatus;
  /** The controller's own: who made it, and the uids of those that it belongs to. */
  by?: string;
  owners?: readonly string[];
}

/** Whether the last word on this Resume is said. */
export function isSettled({ status }: Pick<StoredResume, 'status'>): boolean {
  return status?.status === 'Applied' || status?.status === 'Rejected';
}

/** `namespace/name` of the Task that it is about. */
export function taskKeyOf({ metadata, spec }: StoredResume): string {
  return `${metadata.namespace ?? ''}/${aboutOf(spec).task}`;
}

/** Owners, and bytes of a field manager: as many as the API server allows. */
const MAX_OWNERS = 64;
const MAX_MANAGER = 128;

/**
 * The Resume without what the controller does not read: of one that is settled, next to nothing.
 *
 * @example new Cache({ type: RESUMES, keep: keepOfResume })
 */
export function keepOfResume(resume: StoredResume): StoredResume {
  const { metadata, spec, status } = resume;
  const {
    name,
    namespace = '',
    uid = '',
    resourceVersion = '',
    creationTimestamp,
    deletionTimestamp,
  } = metadata;
  // Written out: ten thousand of these are kept.
  const kept = { name, namespace, uid, resourceVersion };
  if (isSettled(resume))
    return { metadata: kept, spec: {}, status: defined({ status: status?.status }), stub: true };
  const { task, step } = aboutOf(spec);
  return defined({
    metadata: defined({ ...kept, creationTimestamp, deletionTimestamp }),
    spec: defined({ task, step, action: spec.action, expires: spec.expires }),
    status,
    // Once said it stays: the controller itself writes to it later.
    by: status?.by ?? makerOf(metadata['managedFields']),
    owners: (metadata.ownerReferences ?? []).slice(0, MAX_OWNERS).map((owner) => owner.uid),
  });
}

interface Manager {
  manager?: string;
  subresource?: string;
  time?: string;
}

/** Who made it: of those that wrote anything but its status, the first. It is what a client calls itself. */
function makerOf(managed: unknown): string | undefined {
  const managers = (Array.isArray(managed) ? (managed as Manager[]) : []).filter(
    ({ subresource = '' }) => subresource === '',
  );
  const times = managers.map(({ time = '' }) => time).toSorted();
  const first = managers.find(({ time = '' }) => time === times[0]);
  return first?.manager === undefined ? undefined : plain(first.manager, MAX_MANAGER);
}
