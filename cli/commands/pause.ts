import { print } from '../../shared/print.ts';
import { clusterOptions, withTask } from '../cluster/connection.ts';
import { command } from '../command.ts';

export const pauseCommand = command({
  name: 'pause',
  usage: '[OPTIONS] TASK',
  describe: 'Let no further step of a Task in a cluster start',
  rest: 'task',
  options: clusterOptions,
  run: ({ task, ...values }) =>
    withTask(task, values, async (place) => {
      const { pause } = await import('../cluster/control.ts');
      await print(`${await pause(place, values.wait)}\n`);
    }),
});
