// browser.mjs real|hostile QUELL-URL PROVIDER-URL - a browser with cookies signs in at quell by a
// provider, and tries what must not work. Prints `N passed, N failed`.
import assert from 'node:assert/strict';

const [which, quell, provider] = process.argv.slice(2);
let passed = 0, failed = 0;
async function test(name, run) {
    try { await run(); passed++; } catch (error) { failed++; console.log(`failed: ${name}\n    ${error.message}`); }
}

// Cookies by origin: real browsers do not tell ports apart, but would send both servers' cookies only
// to the same host; here that would hide nothing and help nobody.
class Browser {
    jar = {};
    async ask(url, options = {}) {
        const origin = new URL(url).origin, cookies = this.jar[origin] ??= {};
        const headers = { ...options.headers };
        const line = Object.entries(cookies).map(([name, value]) => `${name}=${value}`).join('; ');
        if (line) headers.Cookie = line;
        const answer = await fetch(url, { ...options, headers, redirect: 'manual' });
        for (const set of answer.headers.getSetCookie()) {
            const [pair, ...rest] = set.split('; '), at = pair.indexOf('=');
            const old = rest.some((a) => a === 'Max-Age=0') || /expires=Thu, 01 Jan 1970/i.test(set);
            if (old) delete cookies[pair.slice(0, at)]; else cookies[pair.slice(0, at)] = pair.slice(at + 1);
        }
        return { status: answer.status, headers: answer.headers, text: await answer.text(), url,
            to: answer.headers.get('location') && new URL(answer.headers.get('location'), url).href };
    }
    // Follows redirects until `stop` says so or there are none.
    async follow(url, stop = () => false) {
        let answer = await this.ask(url);
        for (let i = 0; answer.to && !stop(answer.to) && i < 20; i++) answer = await this.ask(answer.to);
        return answer;
    }
    post(url, fields, headers = {}) {
        return this.ask(url, { method: 'POST', body: new URLSearchParams(fields), headers });
    }
    get session() { return this.jar[quell]?.quell; }
}
const isCallback = (url) => url.startsWith(`${quell}/auth/callback`);
const me = (browser) => browser.ask(`${quell}/api/v1/me`);

async function realOne() {
    // Through the provider's own pages for sign-in and consent.
    async function signIn(who, next) {
        const browser = new Browser();
        let answer = await browser.follow(`${quell}/auth/login${next ? `?next=${encodeURIComponent(next)}` : ''}`);
        for (let i = 0; i < 3 && answer.url.includes('/interaction/'); i++) {
            const prompt = /name="prompt" value="(\w+)"/.exec(answer.text)[1];
            const action = /action="([^"]+)"/.exec(answer.text)[1];
            answer = await browser.post(new URL(action, answer.url).href, { prompt, login: `sub-of-${who}`, password: 'any' });
            if (answer.to) answer = await browser.follow(answer.to);
        }
        return { browser, answer };
    }

    await test('a user of quell.yaml signs in by the subject', async () => {
        const { browser, answer } = await signIn('ana', '/api/v1/me');
        assert.equal(answer.status, 200);
        assert.match(answer.text, /http-equiv="refresh" content="0; url=\/api\/v1\/me"/);
        assert.match(answer.headers.get('content-security-policy'), /frame-ancestors 'none'/);
        const said = JSON.parse((await me(browser)).text);
        assert.equal(said.name, 'ana');
        assert.equal(said.how, 'session');
        assert.ok(said.rights.includes('DECIDE') && !said.rights.includes('MANAGE_TOKENS'));
        const cookie = answer.headers.getSetCookie().find((set) => set.startsWith('quell='));
        assert.match(cookie, /^quell=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict$/);
        // What changes something needs the page's token, and the page's origin.
        const run = `${quell}/api/v1/runs/x/cancel`, json = { 'Content-Type': 'application/json' };
        const cancel = (headers) => browser.ask(run, { method: 'POST', body: '{}', headers: { ...json, ...headers } });
        assert.equal((await cancel({})).status, 403);
        assert.equal((await cancel({ Origin: 'http://evil.example', 'X-CSRF-Token': said.csrf })).status, 403);
        assert.equal((await cancel({ Origin: quell, 'X-CSRF-Token': said.csrf })).status, 404);
        // Out: here at once, and on to the provider's page.
        assert.equal((await browser.post(`${quell}/auth/logout`, { csrf: 'x' }, { Origin: quell })).status, 403);
        const old = browser.session;
        const out = await browser.post(`${quell}/auth/logout`, { csrf: said.csrf }, { Origin: quell });
        assert.equal(out.status, 200);
        assert.ok(out.text.includes(`url=${provider}/session/end?client_id=quell`));
        assert.equal(browser.session, undefined);
        browser.jar[quell].quell = old;
        assert.equal((await me(browser)).status, 401);
    });
    await test('a user by a verified mail address, with roles of groups beside', async () => {
        const { browser } = await signIn('ben');
        const said = JSON.parse((await me(browser)).text);
        assert.equal(said.name, 'ben');
        assert.ok(said.rights.includes('CANCEL') && said.rights.includes('READ_RUNS'));
    });
    await test('an address that is not verified is nobody', async () => {
        const { browser, answer } = await signIn('eve');
        assert.equal(answer.status, 403);
        assert.equal(browser.session, undefined);
    });
    await test('a group of the provider gives its roles to others', async () => {
        const { browser } = await signIn('gus');
        const said = JSON.parse((await me(browser)).text);
        assert.equal(said.name, 'oidc:sub-of-gus');
        assert.deepEqual(said.rights, ['READ_RUNS', 'READ_METRICS']);
    });
    await test('a code counts once', async () => {
        const browser = new Browser();
        let answer = await browser.follow(`${quell}/auth/login`);
        const form = (more) => browser.post(new URL(/action="([^"]+)"/.exec(answer.text)[1], answer.url).href, more);
        answer = await browser.follow((await form({ prompt: 'login', login: 'sub-of-ana', password: 'x' })).to);
        const last = await browser.follow((await form({ prompt: 'consent' })).to, isCallback);
        const cookies = { ...browser.jar[quell] };
        assert.equal((await browser.ask(last.to)).status, 200);
        browser.jar[quell] = cookies; // as a thief would have kept it
        assert.equal((await browser.ask(last.to)).status, 403);
        assert.equal(browser.session, undefined);
    });
}

async function hostileOne() {
    const mode = async (is) => JSON.parse(await (await fetch(`${provider}/_mode?is=${is}`)).text());
    const begin = (browser, next = '') => browser.ask(`${quell}/auth/login${next}`);
    // Until just before quell is told the answer.
    async function upToCallback(browser, next) {
        const there = await begin(browser, next);
        return (await browser.ask(there.to)).to;
    }

    // What it says of itself comes first: it is believed for an hour.
    for (const is of ['metadata-issuer']) {
        await mode(is);
        await test(is, async () => {
            const answer = await begin(new Browser());
            assert.equal(answer.status, 502);
            assert.ok(!answer.text.includes('other.example'));
        });
    }
    await mode('good');
    for (const is of ['good', 'good-ps256', 'good-es256', 'good-list', 'good-skew', 'good-backdated']) {
        await mode(is);
        await test(is, async () => {
            const browser = new Browser();
            assert.equal((await browser.ask(await upToCallback(browser))).status, 200);
            assert.equal(JSON.parse((await me(browser)).text).name, 'ana');
        });
    }
    await test('a new key of the provider is fetched, for the first unknown one', async () => {
        const before = (await mode('good-rotated')).keys, browser = new Browser();
        assert.equal((await browser.ask(await upToCallback(browser))).status, 200);
        assert.equal((await mode('unknown-kid')).keys, before + 1);
    });
    await test('unknown keys do not make us ask each time', async () => {
        const before = (await mode('unknown-kid')).keys;
        for (let i = 0; i < 3; i++) {
            const browser = new Browser();
            assert.equal((await browser.ask(await upToCallback(browser))).status, 403);
        }
        assert.equal((await mode('good-rotated')).keys, before);
    });
    for (const is of ['aud', 'aud-list', 'aud-list-no-azp', 'no-aud', 'azp', 'iss', 'no-iss', 'nonce', 'no-nonce',
        'expired', 'no-exp', 'exp-text', 'future', 'not-yet', 'older-than-the-question', 'no-sub', 'alg-none',
        'alg-none-signed', 'alg-None', 'hs256-public-pem', 'hs256-public-der', 'hs256-oct', 'rs256-of-ec-key', 'small-key', 'no-kid',
        'wrong-key', 'crit', 'own-jwk', 'no-signature', 'cut', 'four-parts', 'padded', 'two-subs', 'not-a-token',
        'someone-else', 'mail-not-verified', 'iss-of-another', 'token-error', 'token-redirect', 'no-token']) {
        await mode(is);
        await test(is, async () => {
            const browser = new Browser();
            const answer = await browser.ask(await upToCallback(browser));
            assert.ok([403, 502].includes(answer.status), `${answer.status} ${answer.text}`);
            assert.equal(browser.session, undefined);
            assert.equal((await me(browser)).status, 401);
        });
    }
    await test('somebody who calls himself like a user is not that user', async () => {
        await mode('name-of-a-user');
        const browser = new Browser();
        await browser.ask(await upToCallback(browser));
        const said = JSON.parse((await me(browser)).text);
        assert.equal(said.name, 'oidc:ana');
        assert.ok(!said.rights.includes('DECIDE'));
    });
    await mode('good');

    // ---- the browser's side ----
    await test('an answer needs its state', async () => {
        for (const spoil of [(u) => u.searchParams.delete('state'), (u) => u.searchParams.set('state', 'x'.repeat(43)),
            (u) => u.searchParams.append('state', u.searchParams.get('state')),
            (u) => u.searchParams.set('state', '')]) {
            const browser = new Browser(), url = new URL(await upToCallback(browser));
            spoil(url);
            assert.equal((await browser.ask(url.href)).status, 403);
            assert.equal(browser.session, undefined);
        }
    });
    await test('the answer to one browser is none for another', async () => {
        const mine = new Browser(), theirs = new Browser(), nobodys = new Browser();
        const url = await upToCallback(mine);
        await upToCallback(theirs);
        assert.equal((await theirs.ask(url)).status, 403); // its own cookie, another's state
        assert.equal((await nobodys.ask(url)).status, 403); // no cookie
        assert.equal((await mine.ask(url)).status, 200);
        assert.equal((await mine.ask(url)).status, 403); // once
    });
    await test('the provider says no', async () => {
        const browser = new Browser(), url = new URL(await upToCallback(browser));
        url.searchParams.delete('code');
        url.searchParams.set('error', '<script>access_denied</script>');
        const answer = await browser.ask(url.href);
        assert.equal(answer.status, 403);
        assert.ok(!answer.text.includes('<script'));
    });
    await test('it goes on to paths of ours only', async () => {
        for (const [next, to] of [['/api/v1/runs?limit=1', '/api/v1/runs?limit=1'], ['//evil.example', '/approvals'],
            ['https://evil.example', '/approvals'], ['/\\evil.example', '/approvals'], ['/%0d%0aSet-Cookie:x', '/%0d%0aSet-Cookie:x'],
            ['javascript:alert(1)', '/approvals'], ['/"><script>', '/approvals'], ['/auth/logout', '/approvals']]) {
            const browser = new Browser();
            const answer = await browser.ask(await upToCallback(browser, `?next=${encodeURIComponent(next)}`));
            assert.equal(answer.status, 200);
            assert.equal(/content="0; url=([^"]*)"/.exec(answer.text)[1], to.replaceAll('&', '&amp;'), next);
        }
    });
    await test('what was sent there is what the standards say', async () => {
        const there = new URL((await begin(new Browser())).to), get = (name) => there.searchParams.get(name);
        assert.equal(get('response_type'), 'code');
        assert.equal(get('code_challenge_method'), 'S256');
        for (const name of ['state', 'nonce', 'code_challenge']) assert.match(get(name), /^[\w-]{43}$/);
        assert.equal(get('redirect_uri'), `${quell}/auth/callback`);
        assert.ok((await mode('good')).verifier, 'secret and PKCE verifier came with each code');
    });
}

await (which === 'real' ? realOne() : hostileOne());
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed || !passed ? 1 : 0);
