// provider.mjs QUELL-URL PORTS-FILE - two OpenID providers for the tests: a real one (npm's
// oidc-provider) and a hostile one that does each thing an ID token must not get away with. Ends with
// its standard input.
import { createServer } from 'node:http';
import { writeFileSync, renameSync } from 'node:fs';
import * as crypto from 'node:crypto';
import Provider from 'oidc-provider';

process.stdin.on('end', () => process.exit(0)).resume(); // before anything may fail
const [back, ports] = process.argv.slice(2);
const callback = `${back}/auth/callback`;
const client = 'quell', secret = 'a secret & more';

const jwkOf = (key, kid, alg) => ({ ...key.export({ format: 'jwk' }), kid, alg, use: 'sig' });
const listen = (server) => new Promise((done) =>
    server.listen(0, '127.0.0.1', () => done(`http://127.0.0.1:${server.address().port}`)));

// A pair read back from PEM: one lock less than a pair just made has, on which node can hang when
// it collects garbage while the pair is exported.
function pairOf(type, options) {
    const pair = crypto.generateKeyPairSync(type, { ...options,
        publicKeyEncoding: { type: 'spki', format: 'pem' }, privateKeyEncoding: { type: 'pkcs8', format: 'pem' } });
    return { publicKey: crypto.createPublicKey(pair.publicKey), privateKey: crypto.createPrivateKey(pair.privateKey) };
}

// ---- the real one ----------------------------------------------------------------------------------

const people = { // by subject, which is what is typed into its form
    'sub-of-ana': { sub: 'sub-of-ana', email: 'x@evil.example', email_verified: false, groups: [] },
    'sub-of-ben': { sub: 'sub-of-ben', email: 'ben@soc.example', email_verified: true, groups: ['lookers'] },
    'sub-of-eve': { sub: 'sub-of-eve', email: 'ben@soc.example', email_verified: false, groups: [] },
    'sub-of-gus': { sub: 'sub-of-gus', groups: ['other', 'lookers'] },
};

async function real() {
    let handle = (request, response) => response.end();
    const server = createServer((request, response) => handle(request, response));
    const issuer = await listen(server);
    const { privateKey } = pairOf('rsa', { modulusLength: 2048 });
    const provider = new Provider(issuer, {
        clients: [{ client_id: client, client_secret: secret, redirect_uris: [callback],
            response_types: ['code'], grant_types: ['authorization_code'] }],
        jwks: { keys: [jwkOf(privateKey, 'real', 'RS256')] },
        cookies: { keys: ['for tests'] },
        claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['groups'] },
        conformIdTokenClaims: false,
        pkce: { required: () => true },
        features: { devInteractions: { enabled: true }, rpInitiatedLogout: { enabled: true } },
        findAccount: (_, id) => people[id] && ({ accountId: id, claims: () => people[id] }),
    });
    handle = provider.callback();
    return issuer;
}

// ---- the hostile one -------------------------------------------------------------------------------

async function hostile() {
    const rsa = pairOf('rsa', { modulusLength: 2048 });
    const stranger = pairOf('rsa', { modulusLength: 2048 });
    const next = pairOf('rsa', { modulusLength: 2048 });
    const small = pairOf('rsa', { modulusLength: 1024 });
    const ec = pairOf('ec', { namedCurve: 'P-256' });
    let keys = [jwkOf(rsa.publicKey, 'one', 'RS256'), jwkOf(ec.publicKey, 'ec', 'ES256'),
        jwkOf(small.publicKey, 'small', 'RS256'), { kty: 'RSA', ...rsa.publicKey.export({ format: 'jwk' }), kid: 'pss' },
        { kty: 'oct', k: Buffer.from('known to all').toString('base64url'), kid: 'oct', alg: 'HS256' }];
    let mode = 'good', issuer;
    const nonces = {}, asked = { keys: 0, verifier: true };

    const b64 = (value) => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');
    const sign = {
        RS256: (text, key = rsa.privateKey) => crypto.sign('sha256', Buffer.from(text), key),
        PS256: (text) => crypto.sign('sha256', Buffer.from(text), { key: rsa.privateKey,
            padding: crypto.constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 }),
        ES256: (text) => crypto.sign('sha256', Buffer.from(text), { key: ec.privateKey, dsaEncoding: 'ieee-p1363' }),
        HS256: (text, key) => crypto.createHmac('sha256', key).update(text).digest(),
        none: () => Buffer.alloc(0),
    };
    function token(nonce) {
        const now = Math.floor(Date.now() / 1000);
        const header = { alg: 'RS256', kid: 'one', typ: 'JWT' };
        const claims = { iss: issuer, aud: client, sub: 'sub-of-ana', nonce, iat: now, exp: now + 300 };
        let key, spoil = (text) => text;
        const modes = {
            'good': () => {},
            'good-ps256': () => Object.assign(header, { alg: 'PS256', kid: 'pss' }),
            'good-es256': () => Object.assign(header, { alg: 'ES256', kid: 'ec' }),
            'good-list': () => Object.assign(claims, { aud: [client, 'other'], azp: client }),
            'good-skew': () => Object.assign(claims, { exp: now - 30, iat: now + 30 }),
            'good-backdated': () => Object.assign(claims, { iat: now - 300, nbf: now - 300 }),
            'good-rotated': () => { keys = [jwkOf(next.publicKey, 'two', 'RS256'), ...keys.filter((k) => k.kid !== 'two')];
                header.kid = 'two'; key = next.privateKey; },
            'aud': () => { claims.aud = 'other'; },
            'aud-list': () => { claims.aud = ['other']; },
            'aud-list-no-azp': () => { claims.aud = [client, 'other']; },
            'no-aud': () => { delete claims.aud; },
            'azp': () => { claims.azp = 'other'; },
            'iss': () => { claims.iss = `${issuer}/other`; },
            'no-iss': () => { delete claims.iss; },
            'nonce': () => { claims.nonce = 'another'; },
            'no-nonce': () => { delete claims.nonce; },
            'expired': () => { claims.exp = now - 61; },
            'no-exp': () => { delete claims.exp; },
            'exp-text': () => { claims.exp = String(now + 300); },
            'future': () => { claims.iat = now + 120; },
            'not-yet': () => { claims.nbf = now + 120; },
            'older-than-the-question': () => { claims.iat = now - 3600; },
            'no-sub': () => { delete claims.sub; },
            'alg-none': () => { header.alg = 'none'; },
            'alg-none-signed': () => { header.alg = 'none'; spoil = (text) => `${text}AAAA`; },
            'alg-None': () => { header.alg = 'None'; },
            'hs256-public-pem': () => { header.alg = 'HS256'; key = rsa.publicKey.export({ type: 'spki', format: 'pem' }); },
            'hs256-public-der': () => { header.alg = 'HS256'; key = rsa.publicKey.export({ type: 'spki', format: 'der' }); },
            'hs256-oct': () => { Object.assign(header, { alg: 'HS256', kid: 'oct' }); key = 'known to all'; },
            'rs256-of-ec-key': () => { header.kid = 'ec'; },
            'small-key': () => { header.kid = 'small'; key = small.privateKey; },
            'unknown-kid': () => { header.kid = 'nobody'; },
            'no-kid': () => { delete header.kid; },
            'wrong-key': () => { key = stranger.privateKey; },
            'crit': () => { header.crit = ['b64']; header.b64 = false; },
            'own-jwk': () => { header.jwk = stranger.publicKey.export({ format: 'jwk' }); key = stranger.privateKey; },
            'no-signature': () => { spoil = (text) => text.replace(/[^.]*$/, ''); },
            'cut': () => { spoil = (text) => text.slice(0, -8); },
            'four-parts': () => { spoil = (text) => `${text}.x`; },
            'padded': () => { spoil = (text) => `${text}==`; },
            'two-subs': () => { spoil = (text) => text; },
            'not-a-token': () => { spoil = () => 'hello'; },
            'someone-else': () => { claims.sub = 'sub-of-nobody'; },
            'mail-not-verified': () => Object.assign(claims, { sub: 'x', email: 'ben@soc.example' }),
            'name-of-a-user': () => Object.assign(claims, { sub: 'ana', groups: ['lookers'] }),
        };
        if (!modes[mode]) return undefined;
        modes[mode]();
        let body = b64(claims);
        if (mode === 'two-subs') body = b64(JSON.stringify(claims).replace('{', '{"sub":"sub-of-eve",'));
        const text = `${b64(header)}.${body}`;
        return spoil(`${text}.${(sign[header.alg] ?? sign.none)(text, key).toString('base64url')}`);
    }
    const server = createServer((request, response) => {
        const url = new URL(request.url, issuer);
        const json = (value, status = 200) => {
            response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(value));
        };
        let body = '';
        request.on('data', (more) => { body += more; });
        request.on('end', () => {
            if (url.pathname === '/_mode') { mode = url.searchParams.get('is'); return json(asked); }
            if (url.pathname === '/.well-known/openid-configuration')
                return json({ issuer: mode === 'metadata-issuer' ? 'https://other.example' : issuer,
                    authorization_endpoint: `${issuer}/authorize`,
                    token_endpoint: mode === 'token-elsewhere' ? 'http://localhost:1/token' : `${issuer}/token`,
                    jwks_uri: `${issuer}/keys`,
                    token_endpoint_auth_methods_supported: ['client_secret_post'] });
            if (url.pathname === '/keys') { asked.keys++; return json({ keys }); }
            if (url.pathname === '/authorize') {
                const code = crypto.randomUUID();
                nonces[code] = { nonce: url.searchParams.get('nonce'), challenge: url.searchParams.get('code_challenge') };
                const to = new URL(callback);
                to.searchParams.set('code', code);
                to.searchParams.set('state', url.searchParams.get('state'));
                if (mode === 'iss-of-another') to.searchParams.set('iss', 'https://other.example');
                return response.writeHead(303, { Location: to.href }).end();
            }
            if (url.pathname === '/token') {
                const form = new URLSearchParams(body), known = nonces[form.get('code')];
                const challenge = crypto.createHash('sha256').update(form.get('code_verifier') ?? '').digest('base64url');
                asked.verifier &&= form.get('client_secret') === secret && known?.challenge === challenge;
                if (mode === 'token-error') return json({ error: 'invalid_grant' }, 400);
                if (mode === 'token-redirect') return response.writeHead(302, { Location: `${issuer}/token` }).end();
                return json({ access_token: 'a', token_type: 'Bearer', id_token: token(known?.nonce) });
            }
            return json({}, 404);
        });
    });
    issuer = await listen(server);
    return issuer;
}

const found = { real: await real(), hostile: await hostile() };
writeFileSync(`${ports}.part`, JSON.stringify(found));
renameSync(`${ports}.part`, ports);
