/**
 * The least that anybody has to ask of the API for a Task, by the controller's own client, and nothing else: its pod,
 * its status twice, three events. Run as `node plain-loop.ts KUBECONFIG NAMESPACE WORKERS`; prints milliseconds, and
 * those on a CPU.
 */
import { createdEvent } from '../../controller/decide/events.ts';
import { eventObject } from '../../controller/event-object.ts';
import { findAccess } from '../../controller/runtime/access.ts';
import { connect } from '../../controller/runtime/client.ts';
import { EVENTS, PODS, TASKS, type KubeObject } from '../../controller/runtime/objects.ts';
import { type StoredTask } from '../../controller/stored-task.ts';
import { podOf } from '../../shared/pod/pod.ts';

const [kubeconfig = '', namespace = '', workers = '4'] = process.argv.slice(2);
const client = connect(await findAccess({ kubeconfig }), { version: 'bench' });
const { items: tasks } = await client.list<StoredTask>(TASKS, { namespace });

async function write(task: StoredTask): Promise<void> {
  const { name } = task.metadata;
  const pod = await client.create(PODS, podOf(task, { agentImage: 'agent' }) as unknown as KubeObject);
  const tell = async (key: string): Promise<unknown> => {
    const event = { ...createdEvent(task, pod.metadata.name), key };
    return client.create(EVENTS, eventObject(task, event, { instance: 'plain', now: Date.now() }));
  };
  await tell('created');
  const steps = task.spec.steps.map((step) => ({ name: step.name, state: 'Succeeded' }));
  for (const status of ['Running', 'Successful']) {
    const value = { status, steps, podName: pod.metadata.name };
    const ref = { namespace, name, subresource: 'status' };
    await client.patch(TASKS, ref, { type: 'json', body: [{ op: 'add', path: '/status', value }] });
    await tell(status);
  }
}

const begun = performance.now();
const before = process.cpuUsage();
const left = tasks.values();
await Promise.all(
  Array.from({ length: Number(workers) }, async () => {
    for (const task of left) await write(task);
  }),
);
const { user, system } = process.cpuUsage(before);
process.stdout.write(JSON.stringify({ ms: performance.now() - begun, cpu: (user + system) / 1000 }));
client.close();
