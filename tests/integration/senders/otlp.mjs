// An application with OpenTelemetry's own log exporter: emits TOTAL request records to URL and prints, as JSON, what its
// exporter said. Usage: node otlp.mjs http|proto URL TOTAL [gzip|none [bad]]; bad: the first has no status
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

const require = createRequire(pathToFileURL(process.env.SENDERS + '/'));
const { diag, DiagLogLevel } = require('@opentelemetry/api');
const { LoggerProvider, BatchLogRecordProcessor } = require('@opentelemetry/sdk-logs');
const { resourceFromAttributes } = require('@opentelemetry/resources');

const [kind, url, total, compression, bad] = process.argv.slice(2);
const { OTLPLogExporter } = require(`@opentelemetry/exporter-logs-otlp-${kind}`);

const said = [];
const note = (...words) => said.push(words.map(String).join(' '));
diag.setLogger({ error: note, warn: note, info: note, debug: () => {}, verbose: note }, { logLevel: DiagLogLevel.ALL });

const exporter = new OTLPLogExporter({ url, compression: compression ?? 'none', timeoutMillis: 30000 });
const provider = new LoggerProvider({
  resource: resourceFromAttributes({ 'service.name': 'gateway', 'app.name': 'ios' }),
  processors: [new BatchLogRecordProcessor({ exporter, maxExportBatchSize: 100, scheduledDelayMillis: 100, maxQueueSize: 100000,
    exportTimeoutMillis: 60000 })],
});
const logger = provider.getLogger('access');
for (let i = 0; i < Number(total); ++i) {
  logger.emit({
    severityText: 'INFO',
    body: `request ${i} "done"\n`,
    attributes: {
      'http.request.method': 'POST', 'url.path': '/v1/rides', 'http.response.status_code': bad && i === 0 ? undefined : i % 10 === 0 ? 503 : 200,
      'http.request.id': `otlp-${i}`, 'request.duration': 12.5, 'vehicle.id': `v${i % 7}`,
    },
  });
  if (i % 20 === 0) await new Promise((resolve) => setTimeout(resolve, 20));
}
await provider.shutdown();
console.log(JSON.stringify(said));
