// approvals.mjs - the pages of questions in a real browser: both themes and a narrow window without a
// fault that axe finds, nothing that the policy had to stop, and a decision by keyboard.
// node approvals.mjs CHROMIUM BASE TOKEN RUN STEP FORM-RUN: prints one `ok` or `not ok` a line.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const require = createRequire(`${process.cwd()}/`);
const { chromium } = require('playwright-core');
const axe = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');
const [executablePath, base, token, run, step, form] = process.argv.slice(2);

const say = (good, what, why = '') => console.log(`${good ? 'ok' : 'not ok'} ${what}${good ? '' : `: ${why}`}`);
const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
const pages = { list: '/approvals', approval: `/approvals/${run}?step=${step}`, form: `/approvals/${form}` };

// axe itself is a script that the pages' policy would stop, so it comes by the debugger.
async function faults(page) {
    const session = await page.context().newCDPSession(page);
    const evaluate = async (expression) => (await session.send('Runtime.evaluate', { expression, awaitPromise: true, returnByValue: true })).result.value;
    await evaluate(axe);
    return evaluate(`axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] })
        .then((found) => found.violations.map((one) => one.id + ' ' + one.nodes[0].html.slice(0, 120)).join('; '))`);
}

async function open(colorScheme, width) {
    const context = await browser.newContext({
        baseURL: base, colorScheme, viewport: { width, height: 900 }, reducedMotion: 'reduce',
        extraHTTPHeaders: { authorization: `Bearer ${token}` },
    });
    const page = await context.newPage();
    const stopped = [];
    page.on('console', (message) => { if (['error', 'warning'].includes(message.type())) stopped.push(message.text()); });
    page.on('pageerror', (error) => stopped.push(String(error)));
    return { context, page, stopped };
}

for (const colorScheme of ['light', 'dark']) {
    for (const width of [1280, 320]) {
        for (const [name, path] of Object.entries(pages)) {
            const { context, page, stopped } = await open(colorScheme, width);
            const what = `${name}, ${colorScheme}, ${width} px`;
            const answer = await page.goto(path);
            say(answer.status() === 200, `${what} is there`, answer.status());
            const found = await faults(page);
            say(found === '', `${what} has no fault`, found);
            const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth).catch((e) => String(e));
            say(wide === 0, `${what} needs no scrolling sideways`, wide);
            say(stopped.length === 0, `${what} asks for nothing that is not allowed`, stopped.join('; '));
            say((await page.$$('script')).length === 0, `${what} has no script`);
            await context.close();
        }
    }
}

{ // A form's own checks, then its answer; all by keyboard.
    const { context, page } = await open('light', 1280);
    await page.goto(pages.form);
    await page.getByRole('button', { name: 'Send' }).press('Enter');
    say(page.url().endsWith(pages.form), 'a form that lacks what is needed stays', page.url());
    await page.getByLabel(/^verdict/).selectOption('phish');
    await page.getByRole('button', { name: 'Send' }).press('Enter');
    await page.waitForURL(/approvals/);
    await page.getByText('filled in the form').waitFor();
    say(await page.getByRole('button').count() === 0, 'an answered form has no button');
    await context.close();
}

{ // Two people look; one decides, the other one's page is stale.
    const { context, page } = await open('light', 1280);
    const late = await context.newPage();
    await page.goto(pages.approval);
    await late.goto(pages.approval);
    await page.getByLabel(/^Reason/).fill('<b>seen</b>');
    await page.getByRole('button', { name: 'Deny' }).press('Enter');
    await page.getByText('did not agree').first().waitFor();
    say((await page.content()).includes('&lt;b&gt;seen&lt;/b&gt;'), 'a reason is a text');
    const answer = late.waitForResponse((response) => response.request().method() === 'POST');
    await late.getByRole('button', { name: 'Approve' }).click();
    say((await answer).status() === 409, 'what is decided is not decided again', (await answer).status());
    await late.getByRole('alert').waitFor();
    await context.close();
}
await browser.close();
