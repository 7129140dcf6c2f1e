// A service with the CloudEvents SDK: emits TOTAL events to URL and repeats what was refused, when it was asked to.
// Usage: node cloudevents.mjs structured|binary|batch URL TOTAL key|id; prints a count of the answers, by status.
// key: repetitions carry the same Idempotency-Key; id: the data has an id of its own.
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

const require = createRequire(pathToFileURL(process.env.SENDERS + '/'));
const { CloudEvent, HTTP, Mode, emitterFor } = require('cloudevents');

const [mode, url, total, sameness] = process.argv.slice(2);
const answers = {};
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

async function deliver(message, key) {
  const headers = { ...message.headers, ...(sameness === 'key' ? { 'idempotency-key': key } : {}) };
  const until = Date.now() + 60000;
  for (;;) {
    let status = 'unreachable', wait = 200;
    try {
      const answer = await fetch(url, { method: 'POST', headers, body: message.body });
      const text = await answer.text();
      status = answer.headers.has('idempotent-replayed') ? 'replayed' : answer.status;
      answers[status] = (answers[status] ?? 0) + 1;
      if (answer.ok) return;
      if (answer.status !== 503) throw new Error(`${answer.status}: ${text}`);
      wait = 1000 * Number(answer.headers.get('retry-after'));
    } catch (error) {
      if (!(error instanceof TypeError)) throw error; // fetch's word for a broken connection
      answers[status] = (answers[status] ?? 0) + 1;
    }
    if (Date.now() > until) throw new Error('gave up');
    await pause(wait);
  }
}

function event(i) {
  return new CloudEvent({
    id: `${mode}-${i}`, source: '/gateway', type: 'org.example.request', datacontenttype: 'application/json',
    data: { ts: Date.now() / 1000, method: 'POST', path: '/v1/rides', status: i % 10 === 0 ? 503 : 200,
      ...(sameness === 'id' ? { request_id: `${mode}-${i}` } : {}) },
  });
}

const emit = emitterFor((message) => deliver(message, JSON.parse(message.body).id ?? message.headers['ce-id']),
  { mode: mode === 'binary' ? Mode.BINARY : Mode.STRUCTURED, binding: HTTP });
for (let i = 0; i < Number(total); i += mode === 'batch' ? 10 : 1) {
  if (mode === 'batch') { // the SDK reads batches but writes none
    const events = Array.from({ length: 10 }, (_, k) => event(i + k));
    await deliver({ headers: { 'content-type': 'application/cloudevents-batch+json' }, body: JSON.stringify(events) }, events[0].id);
  } else {
    await emit(event(i));
  }
  await pause(mode === 'batch' ? 40 : 4);
}
console.log(JSON.stringify(answers));
