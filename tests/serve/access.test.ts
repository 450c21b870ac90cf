import { describe, expect, it } from 'vitest';
import { hostsOf, isLoopback, isOwnOrigin, isToken, newToken } from '../../src/serve/access.ts';

describe('access to the dashboard', () => {
  it('takes the token and nothing else', () => {
    const token = newToken();
    expect(token.length).toBeGreaterThanOrEqual(22);
    expect(isToken(token, token)).toBe(true);
    for (const wrong of ['', token.slice(1), `${token}x`, newToken(), undefined, ['a'], 7])
      expect(isToken(wrong, token)).toBe(false);
  });

  it('knows its own page from a foreign one, also where a name server leads the way', () => {
    const hosts = hostsOf('127.0.0.1', 8080);
    expect(hosts).toEqual(['127.0.0.1:8080', 'localhost:8080', '[::1]:8080']);
    expect(isOwnOrigin({ host: '127.0.0.1:8080', origin: 'http://127.0.0.1:8080' }, hosts)).toBe(true);
    expect(isOwnOrigin({ host: '127.0.0.1:8080', origin: 'http://evil.example' }, hosts)).toBe(false);
    expect(isOwnOrigin({ host: '127.0.0.1:8080' }, hosts)).toBe(false);
    expect(isOwnOrigin({ host: 'evil.example:8080', origin: 'http://evil.example:8080' }, hosts)).toBe(false);
    expect(isLoopback('0.0.0.0')).toBe(false);
    expect(isLoopback('127.0.0.2')).toBe(true);
    expect(hostsOf('127.0.0.2', 80)).toContain('127.0.0.2:80');
  });
});
