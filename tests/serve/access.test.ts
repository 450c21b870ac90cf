import { describe, expect, it } from 'vitest';
import { isLoopback, reachableAddresses } from '../../src/core/addresses.ts';
import { hostsOf, isOwnOrigin, isToken, newToken } from '../../src/serve/access.ts';

describe('access to the dashboard', () => {
  it('takes the token and nothing else', () => {
    const token = newToken();
    expect(token.length).toBeGreaterThanOrEqual(22);
    expect(isToken(token, token)).toBe(true);
    for (const wrong of ['', token.slice(1), `${token}x`, newToken(), undefined, ['a'], 7])
      expect(isToken(wrong, token)).toBe(false);
  });

  it('knows its own page from a foreign one, also where a name server leads the way', () => {
    const hosts = hostsOf(['127.0.0.1'], 8080);
    expect(hosts).toEqual(['127.0.0.1:8080', 'localhost:8080', '[::1]:8080']);
    expect(isOwnOrigin({ host: '127.0.0.1:8080', origin: 'http://127.0.0.1:8080' }, hosts)).toBe(true);
    expect(isOwnOrigin({ host: '127.0.0.1:8080', origin: 'http://evil.example' }, hosts)).toBe(false);
    expect(isOwnOrigin({ host: '127.0.0.1:8080' }, hosts)).toBe(false);
    expect(isOwnOrigin({ host: 'evil.example:8080', origin: 'http://evil.example:8080' }, hosts)).toBe(false);
    expect(isLoopback('0.0.0.0')).toBe(false);
    expect(isLoopback('127.0.0.2')).toBe(true);
    expect(hostsOf(['127.0.0.2'], 81)).toContain('127.0.0.2:81');
    // A browser leaves the port of HTTP out.
    expect(hostsOf(['127.0.0.2'], 80)).toContain('127.0.0.2');
  });

  it('is reached under every address of the computer where it listens on all', () => {
    const [v4, v6] = [{ family: 'IPv4' as const }, { family: 'IPv6' as const }];
    const common = { netmask: '', mac: '', cidr: null };
    const interfaces = {
      lo: [{ ...common, ...v4, address: '127.0.0.1', internal: true }],
      eth0: [
        { ...common, ...v6, address: 'fd00::2', internal: false, scopeid: 0 },
        { ...common, ...v6, address: 'fe80::2', internal: false, scopeid: 2 },
        { ...common, ...v4, address: '192.168.1.5', internal: false },
      ],
    };
    expect(reachableAddresses('0.0.0.0', interfaces)).toEqual(['192.168.1.5']);
    expect(reachableAddresses('::', interfaces)).toEqual(['192.168.1.5', 'fd00::2']);
    expect(hostsOf(['fd00::2'], 8080)).toContain('[fd00::2]:8080');
    expect(reachableAddresses('192.168.1.5', interfaces)).toEqual(['192.168.1.5']);
    expect(reachableAddresses('0.0.0.0', { lo: interfaces.lo })).toEqual(['127.0.0.1']);
  });
});
