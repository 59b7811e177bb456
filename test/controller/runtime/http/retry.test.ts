import { describe, expect, it } from 'vitest';
import { ApiError, ApiUnreachableError } from '../../../../controller/runtime/errors.ts';
import { retryDelay } from '../../../../controller/runtime/http/retry.ts';
import { StaleConnectionError } from '../../../../controller/runtime/http/transport.ts';

const refused = (status: number, retryAfter?: number): ApiError =>
  new ApiError({ asked: 'GET /', status, retryAfter });

describe('a request is made again', () => {
  it.each([
    ['a read that is one too many', 1, refused(429), 'GET', 200],
    ['a write that is one too many: nothing was done', 1, refused(429), 'POST', 200],
    ['a read of a server that is not ready', 1, refused(503), 'GET', 200],
    ['with longer delays', 3, refused(503), 'GET', 800],
    ['when the server says', 1, refused(429, 3000), 'PATCH', 3000],
    ['a read on a connection that had been closed, at once', 1, new StaleConnectionError(), 'GET', 0],
  ] as const)('%s', (_, tried, error, method, delay) => {
    expect(retryDelay(tried, error, { method, random: 1 })).toBe(delay);
  });
});

describe('a request is not made again', () => {
  it.each([
    ['a write that may have been done', 1, refused(503), 'POST'],
    ['a write on a connection that had been closed', 1, new StaleConnectionError(), 'DELETE'],
    ['when it has been tried often', 4, refused(429), 'GET'],
    ['when the server asks for a long time', 1, refused(429, 60_000), 'GET'],
    ['when the server has said no', 1, refused(409), 'GET'],
    ['when the server is wrong', 1, refused(500), 'GET'],
    ['when nobody answers', 1, new ApiUnreachableError('GET /', 'connection', 'cut'), 'GET'],
  ] as const)('%s', (_, tried, error, method) => {
    expect(retryDelay(tried, error, { method, random: 1 })).toBeUndefined();
  });
});

it('many that failed together do not come back together', () => {
  expect(retryDelay(1, refused(503), { method: 'GET', random: 0 })).toBe(100);
});
