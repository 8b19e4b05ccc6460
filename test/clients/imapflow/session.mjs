// Drives a running server by imapflow.
// Arguments: rev1 or rev2, the ports of IMAPS, IMAP and LMTP, the file of the
// authority that signed the server's certificate, a user name, the password.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import net from 'node:net';
import readline from 'node:readline';
import { ImapFlow } from 'imapflow';

const [revision, tlsPort, port, lmtpPort, ca, user, pass] = process.argv.slice(2);

// How long it waits for what has to come, on a machine that may be busy.
const patience = 300_000;

// A test that hangs ends with a word about where.
let doing = 'start';
setTimeout(() => {
    console.error(`it hangs: ${doing}`);
    process.exit(1);
}, patience).unref();

async function step(name, run) {
    doing = name;
    try {
        return await run();
    } catch (err) {
        console.error(`${name}: ${err.responseText || ''}`);
        throw err;
    }
}

function client(options = {}) {
    return new ImapFlow({
        host: 'localhost',
        port: Number(tlsPort),
        secure: true,
        tls: { ca: readFileSync(ca) },
        auth: { user, pass },
        logger: false,
        disableIMAP4rev2: revision === 'rev1',
        ...options,
    });
}

const event = (emitter, name) => once(emitter, name, { signal: AbortSignal.timeout(patience) }).then(([data]) => data);

async function deliver(name) {
    const socket = net.connect(Number(lmtpPort), '127.0.0.1');
    const lines = readline.createInterface({ input: socket })[Symbol.asyncIterator]();
    const commands = ['LHLO localhost', 'MAIL FROM:<bob@example.com>', `RCPT TO:<${user}>`, 'DATA', `${letter(name)}.`, 'QUIT'];
    for (const want of ['220', '250', '250', '250', '354', '250']) {
        let line;
        do {
            line = (await lines.next()).value;
        } while (line[3] === '-');
        assert.ok(line.startsWith(want), `LMTP: ${line}`);
        socket.write(`${commands.shift()}\r\n`);
    }
    socket.end();
}

function letter(name) {
    return [
        'From: =?utf-8?q?B=C3=B6b?= <bob@example.com>',
        'To: Alice <alice@example.org>',
        `Subject: ${name}`,
        `Message-ID: <${name}@example.com>`,
        'Date: Mon, 7 Feb 2022 21:52:25 +0100',
        'MIME-Version: 1.0',
        'Content-Type: multipart/mixed; boundary="=b"',
        '',
        '--=b',
        'Content-Type: multipart/alternative; boundary="=c"',
        '',
        '--=c',
        'Content-Type: text/plain; charset=iso-8859-1',
        'Content-Transfer-Encoding: quoted-printable',
        '',
        `Gr=FC=DFe von ${name}.`,
        '--=c',
        'Content-Type: text/html; charset=utf-8',
        '',
        '<p>Hallo</p>',
        '--=c--',
        '--=b',
        'Content-Type: application/octet-stream',
        "Content-Disposition: attachment; filename*=utf-8''Gr%C3%BC%C3%9Fe.bin",
        'Content-Transfer-Encoding: base64',
        '',
        Buffer.alloc(3000, 'abc').toString('base64').replace(/.{76}/g, '$&\r\n'),
        '--=b--',
        '',
    ].join('\r\n');
}

async function mailboxes(c) {
    const made = await c.mailboxCreate('Entwürfe & Älteres');
    assert.equal(made.created, true);
    assert.ok(made.mailboxId);
    assert.equal((await c.mailboxCreate('Entwürfe & Älteres')).created, false);
    await c.mailboxCreate(['Lists', 'Node']);
    await c.mailboxRename('Lists/Node', 'Lists/Deno');
    await c.mailboxSubscribe('Lists/Deno');
    const list = await c.list({ statusQuery: { messages: true, unseen: true, uidNext: true, highestModseq: true } });
    const by = Object.fromEntries(list.map((m) => [m.path, m]));
    assert.equal(by.INBOX.specialUse, '\\Inbox');
    assert.equal(by.Sent.specialUse, '\\Sent');
    assert.equal(by['Lists/Deno'].subscribed, true);
    assert.equal(by['Entwürfe & Älteres'].status.messages, 0);
    await c.mailboxUnsubscribe('Lists/Deno');
    await c.mailboxDelete('Lists/Deno');
    await assert.rejects(c.mailboxOpen('Lists/Deno'));
}

async function messages(c) {
    for (const name of ['one', 'two', 'three', 'four']) {
        const added = await c.append('INBOX', letter(name), ['\\Seen', '$Work'], new Date('2022-02-07T20:52:25Z'));
        assert.ok(added.uid && added.uidValidity);
    }
    const box = await c.mailboxOpen('INBOX');
    assert.equal(box.exists, 4);
    assert.equal(box.uidNext, 5);
    assert.ok(box.permanentFlags.has('\\*'));
    assert.ok(box.highestModseq > 0n);

    assert.deepEqual(await c.search({ subject: 'two' }, { uid: true }), [2]);
    assert.deepEqual(await c.search({ body: 'Grüße von three' }), [3]);
    assert.deepEqual(await c.search({ from: 'böb', seen: true, keyword: '$Work', larger: 100 }), [1, 2, 3, 4]);
    assert.deepEqual(await c.search({ or: [{ subject: 'one' }, { header: { 'Message-ID': 'four@' } }] }), [1, 4]);
    assert.deepEqual(await c.search({ not: { sentSince: '2022-02-01' } }), []);

    const one = await c.fetchOne('1', {
        uid: true, flags: true, envelope: true, bodyStructure: true, internalDate: true, size: true, threadId: true,
        source: true, headers: ['subject', 'from'], bodyParts: ['1.1', 'text'],
    });
    assert.equal(one.source.toString(), letter('one'));
    assert.equal(one.size, letter('one').length);
    assert.equal(one.envelope.from[0].name, 'Böb');
    assert.equal(one.envelope.messageId, '<one@example.com>');
    assert.equal(one.internalDate.toISOString(), '2022-02-07T20:52:25.000Z');
    assert.deepEqual([...one.flags].filter((f) => f !== '\\Recent').sort(), ['$Work', '\\Seen']);
    assert.ok(one.emailId && one.modseq);
    assert.equal(one.bodyStructure.type, 'multipart/mixed');
    assert.equal(one.bodyStructure.childNodes[1].dispositionParameters.filename, 'Grüße.bin');
    assert.equal(one.headers.toString(), 'From: =?utf-8?q?B=C3=B6b?= <bob@example.com>\r\nSubject: one\r\n\r\n');

    const text = await c.download('1', '1.1');
    assert.equal(Buffer.concat(await text.content.toArray()).toString().trim(), 'Grüße von one.');
    const file = await c.download('2', '2', { uid: true });
    assert.equal(file.meta.filename, 'Grüße.bin');
    assert.equal(Buffer.concat(await file.content.toArray()).toString(), 'abc'.repeat(1000));
    const whole = await c.download('3', undefined, { chunkSize: 100 });
    assert.equal(Buffer.concat(await whole.content.toArray()).toString(), letter('three'));
    const several = await c.downloadMany('4', ['1.1', '1.2', '2'], { uid: true });
    assert.equal(several['2'].content.length, 3000);
}

// results are those of ESEARCH.
async function results(c) {
    const found = await c.search({ not: { subject: 'two' } }, { uid: true, returnOptions: ['MIN', 'MAX', 'COUNT', 'ALL'] });
    assert.deepEqual(found, { min: 1, max: 4, count: 3, all: '1,3:4' });
    assert.deepEqual(await c.search({ subject: 'nothing' }, { returnOptions: ['MIN', 'ALL', 'COUNT'] }), { count: 0 });
    // Its parser refuses PARTIAL (1:2 1:2), a set before a parenthesis: net-imap takes pages.
    const changed = await c.search({ modseq: 1 }, { returnOptions: ['COUNT'] });
    assert.equal(changed.count, 4);
    assert.ok(changed.modseq > 0n);
}

// extras are quota and object identifiers.
async function extras(c) {
    const quota = await c.getQuota('INBOX');
    assert.equal(quota.storage.limit, 1024 * 1024);
    assert.ok(quota.storage.usage >= 4 * letter('one').length && quota.storage.usage < 32 * 1024);
    assert.equal(quota.message.limit, 1000);
    const one = await c.fetchOne('1', { threadId: true });
    assert.deepEqual(await c.search({ emailId: one.emailId }), [1]);
    assert.deepEqual(await c.search({ threadId: one.threadId }), [1]);
}

async function changes(c) {
    assert.equal(await c.messageFlagsAdd('1:2', ['\\Flagged', 'Custom']), true);
    assert.equal(await c.messageFlagsRemove('2', ['\\Flagged']), true);
    assert.equal(await c.messageFlagsSet('3', ['\\Answered']), true);
    const before = c.mailbox.highestModseq;
    await c.messageFlagsAdd('4', ['\\Answered'], { unchangedSince: 1n });
    assert.deepEqual(await c.search({ answered: true }), [3]);
    await c.messageFlagsAdd('4', ['\\Answered']);
    const changed = await c.fetchAll('1:*', { flags: true }, { changedSince: before });
    assert.deepEqual(changed.map((m) => m.seq), [4]);

    const copied = await c.messageCopy('1:2', 'Archive');
    assert.deepEqual([...copied.uidMap], [[1, 1], [2, 2]]);
    const moved = await c.messageMove('2:3', 'Trash', { uid: true });
    assert.deepEqual([...moved.uidMap], [[2, 1], [3, 2]]);
    assert.equal(c.mailbox.exists, 2);
    assert.equal((await c.status('Trash', { messages: true, uidNext: true, unseen: true })).messages, 2);
    assert.equal(await c.messageDelete('4', { uid: true }), true);
    assert.equal(c.mailbox.exists, 1);
    assert.equal(await c.messageMove('1', 'Nowhere'), false);
}

// idle: what others do is told at once.
async function idle(c, other) {
    await c.mailboxOpen('INBOX');
    const exists = event(c, 'exists');
    const idling = c.idle();
    await deliver('news');
    const news = await exists;
    assert.equal(news.count, 2);
    assert.equal(news.prevCount, 1);
    const flags = event(c, 'flags');
    void c.idle();
    const lock = await other.getMailboxLock('INBOX');
    await other.messageFlagsAdd('2', ['\\Flagged']);
    assert.ok((await flags).flags.has('\\Flagged'));
    const gone = event(c, 'expunge');
    await other.messageDelete('1');
    assert.equal((await gone).path, 'INBOX');
    lock.release();
    await c.noop();
    await idling;
    assert.equal(c.mailbox.exists, 1);
}

// resync: what happened while a client was away, by QRESYNC.
async function resync(other) {
    const first = client({ qresync: true });
    await first.connect();
    assert.ok(first.enabled.has('QRESYNC'));
    for (const name of ['five', 'six', 'seven']) {
        await first.append('Archive', letter(name));
    }
    const { uidValidity, highestModseq } = await first.mailboxOpen('Archive');
    await first.logout();

    const lock = await other.getMailboxLock('Archive');
    await other.messageDelete('1');
    await other.messageFlagsAdd('1', ['\\Draft']);
    lock.release();

    const second = client({ qresync: true });
    await second.connect();
    const told = { expunge: [], flags: [] };
    for (const name of Object.keys(told)) {
        second.on(name, (data) => told[name].push(data));
    }
    const box = await second.mailboxOpen('Archive', { changedSince: highestModseq, uidValidity });
    assert.equal(box.qresync, true);
    assert.deepEqual(told.expunge.map((e) => [e.uid, e.vanished]), [[1, true]]);
    assert.deepEqual(told.flags.map((e) => [e.uid, e.flags.has('\\Draft')]), [[2, true]]);
    assert.equal(box.exists, 4);
    await second.logout();
}

const c = client();
const other = client({ secure: false, port: Number(port), doSTARTTLS: true });
await step('connect', () => c.connect());
await step('connect by STARTTLS', () => other.connect());
assert.equal(other.secureConnection, true);
assert.equal(c.enabled.has('IMAP4REV2'), revision === 'rev2');
assert.equal(c.serverInfo.name !== undefined, true);
await step('mailboxes', () => mailboxes(c));
await step('messages', () => messages(c));
await step('results', () => results(c));
await step('extras', () => extras(c));
await step('changes', () => changes(c));
await step('idle', () => idle(c, other));
await step('resync', () => resync(other));
await step('wrong password', () => assert.rejects(client({ auth: { user, pass: 'wrong' } }).connect(), { authenticationFailed: true }));
await step('logout', () => Promise.all([c.logout(), other.logout()]));
console.log(`imapflow ${ImapFlow.version} as ${revision}: all is well`);
process.exit(0);
