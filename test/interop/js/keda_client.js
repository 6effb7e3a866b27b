// A client of KEDA's external scaler protocol on grpc-js, which shares no code with gRPC's C core.
// Reads commands as lines of JSON on standard input and answers each by a line on standard output:
//
//   {"call": "GetMetrics", "request": {...}}       {"response": {...}} or {"code": 5, "details": ""}
//   {"stream": "StreamIsActive", "id": 1, ...}     {"opened": 1}, then lines {"id": 1, "message": {}}
//                                                  and at its end {"id": 1, "code": 0}
//   {"cancel": 1}                                  {"cancelled": 1}
//
//   node keda_client.js ADDRESS PROTO [CA CERTIFICATE KEY]

const fs = require("fs");
const readline = require("readline");
const grpc = require("@grpc/grpc-js");
const loader = require("@grpc/proto-loader");

const [address, proto, ca, certificate, key] = process.argv.slice(2);
const read = (file) => (file ? fs.readFileSync(file) : null);
const credentials = ca
  ? grpc.credentials.createSsl(read(ca), read(key), read(certificate))
  : grpc.credentials.createInsecure();
const options = { keepCase: true, longs: String, defaults: true };
const { externalscaler } = grpc.loadPackageDefinition(loader.loadSync(proto, options));
const client = new externalscaler.ExternalScaler(address, credentials);
const streams = new Map();

const tell = (line) => process.stdout.write(JSON.stringify(line) + "\n");

function open(command) {
  const stream = client[command.stream](command.request);
  streams.set(command.id, stream);
  stream.on("data", (message) => tell({ id: command.id, message }));
  stream.on("error", () => {}); // The status tells.
  stream.on("status", ({ code, details }) => tell({ id: command.id, code, details }));
  tell({ opened: command.id });
}

function call(command) {
  client[command.call](command.request, (error, response) => {
    tell(error ? { code: error.code, details: error.details } : { response });
  });
}

readline.createInterface({ input: process.stdin }).on("line", (line) => {
  const command = JSON.parse(line);
  if (command.call) {
    call(command);
  } else if (command.stream) {
    open(command);
  } else {
    streams.get(command.cancel).cancel();
    tell({ cancelled: command.cancel });
  }
}).on("close", () => process.exit(0));
