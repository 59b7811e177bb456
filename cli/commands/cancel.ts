import { print } from '../../shared/print.ts';
import { clusterOptions, withTask } from '../cluster/connection.ts';
import { command } from '../command.ts';

export const cancelCommand = command({
  name: 'cancel',
  usage: '[OPTIONS] TASK',
  describe: 'Stop a Task in a cluster',
  rest: 'task',
  options: clusterOptions,
  run: ({ task, ...values }) =>
    withTask(task, values, async (place) => {
      const { cancel } = await import('../cluster/control.ts');
      await print(`${await cancel(place, values.wait)}\n`);
    }),
});
