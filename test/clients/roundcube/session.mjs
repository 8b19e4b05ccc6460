// Drives Roundcube, which stands before a running server, in a headless browser.
// Arguments: Roundcube's address, the browser's program, a directory for its
// profile, a user name, the password.
import assert from 'node:assert/strict';
import { chromium } from 'playwright-core';

const [address, executablePath, profile, user, password] = process.argv.slice(2);

// How long it waits for what has to come, on a machine that may be busy.
const patience = 300_000;

const context = await chromium.launchPersistentContext(profile, {
    executablePath,
    headless: true,
    timeout: patience,
    viewport: { width: 1400, height: 900 },
    args: [
        '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
        '--disable-component-update', '--disable-sync', '--disable-dev-shm-usage',
    ],
});
const page = await context.newPage();
page.setDefaultTimeout(patience);
const complaints = [];
page.on('pageerror', (err) => complaints.push(err.message));

let doing = 'start';
async function step(name, run) {
    doing = name;
    await run();
    const told = await page.locator('#messagestack .ui.alert-danger, #messagestack .error').allTextContents().catch(() => []);
    assert.deepEqual(told, [], name);
}

// idle waits until Roundcube has no request under way.
const idle = () => page.waitForFunction(() => !window.rcmail?.busy);

const subjects = () => page.locator('#messagelist tbody tr:visible td.subject span.subject a').allTextContents()
    .then((all) => all.map((s) => s.trim()));

// shows waits until the list holds these subjects, in this order.
async function shows(want, what) {
    let got;
    for (const end = Date.now() + patience; Date.now() < end;) {
        await idle();
        got = await subjects();
        if (JSON.stringify(got) === JSON.stringify(want)) {
            return;
        }
        await page.waitForTimeout(100);
    }
    assert.deepEqual(got, want, what);
}

const command = (name, ...args) => page.evaluate(([n, a]) => void window.rcmail.command(n, ...a), [name, args]);

async function folder(name) {
    await idle();
    await command('list', name);
}

async function login() {
    await page.goto(address);
    await page.fill('#rcmloginuser', user);
    await page.fill('#rcmloginpwd', password);
    await page.click('#rcmloginsubmit');
    await page.waitForSelector('#messagelist tbody tr');
    const names = await page.locator('#mailboxlist li.mailbox > a').evaluateAll((all) => all.map((a) => a.rel));
    for (const name of ['INBOX', 'Drafts', 'Sent', 'Junk', 'Trash']) {
        assert.ok(names.includes(name), `${name} in ${names}`);
    }
    await shows(['pear', 'Re: apple', 'fig', 'apple'], 'newest first');
}

// sort asks the server's SORT.
async function sort() {
    for (const [order, want] of [['ASC', ['apple', 'Re: apple', 'fig', 'pear']], ['DESC', ['pear', 'fig', 'Re: apple', 'apple']]]) {
        await page.evaluate((o) => window.rcmail.set_list_sorting('subject', o), order);
        await page.evaluate((o) => window.rcmail.list_mailbox('', '', `subject_${o}`), order);
        await shows(want, `by subject, ${order}`);
    }
}

async function search() {
    await page.fill('#mailsearchform', 'fig');
    await page.press('#mailsearchform', 'Enter');
    await shows(['fig'], 'search');
    await command('reset-search');
    await shows(['pear', 'fig', 'Re: apple', 'apple'], 'all again');
}

// threads asks the server's THREAD.
async function threads() {
    await page.evaluate(() => window.rcmail.set_list_options([], 'arrival', 'ASC', 1, 'widescreen'));
    await page.waitForFunction(() => window.rcmail.env.threading);
    await page.waitForSelector('#messagelist.threads, #messagelist tbody tr.thread');
    await idle();
    await command('expand-all');
    await shows(['apple', 'Re: apple', 'fig', 'pear'], 'threads');
    const depth = await page.evaluate(() => Object.values(window.rcmail.env.messages).map((m) => `${m.depth || 0}`).sort().join(' '));
    assert.equal(depth, '0 0 0 1', 'depths of the threads');
    await page.evaluate(() => window.rcmail.set_list_options([], 'arrival', 'ASC', 0, 'widescreen'));
    await page.waitForFunction(() => !window.rcmail.env.threading);
    await shows(['apple', 'fig', 'Re: apple', 'pear'], 'without threads');
}

async function read() {
    await page.locator('#messagelist tbody tr', { hasText: 'fig' }).first().click();
    const frame = page.frameLocator('#messagecontframe');
    await frame.locator('#messagebody', { hasText: 'text of fig' }).waitFor();
}

async function move() {
    await idle();
    await command('move', 'Archive');
    await shows(['apple', 'Re: apple', 'pear'], 'after a move');
    await folder('Archive');
    await shows(['fig'], 'where it was moved');
    await folder('INBOX');
    await shows(['apple', 'Re: apple', 'pear'], 'back');
}

// draft composes a message and saves it.
async function draft() {
    await page.goto(`${address}?_task=mail&_action=compose`);
    await page.waitForSelector('#composebody');
    await page.evaluate(() => { document.querySelector('#_to').value = 'bob@example.com'; });
    await page.fill('#compose-subject', 'Entwürfe');
    await page.fill('#composebody', 'Später mehr.');
    await idle();
    const saved = page.waitForResponse((r) => r.request().method() === 'POST' && r.url().includes('_task=mail'));
    await command('savedraft');
    await saved;
    await page.waitForFunction(() => window.rcmail.env.draft_id);
    page.on('dialog', (d) => void d.accept());
    await page.goto(`${address}?_task=mail&_mbox=Drafts`);
    await shows(['Entwürfe'], 'the draft');
}

try {
    await step('login', login);
    await step('sort', sort);
    await step('search', search);
    await step('threads', threads);
    await step('read', read);
    await step('move', move);
    await step('draft', draft);
    assert.deepEqual(complaints, []);
    console.log(`Roundcube in ${await context.browser()?.version() ?? 'a browser'}: all is well`);
} catch (err) {
    console.error(`${doing}: ${err.stack}\n${page.url()}\n${(await page.locator('body').innerText().catch(() => '')).slice(0, 1500)}`);
    process.exitCode = 1;
}
await context.close();
process.exit();
