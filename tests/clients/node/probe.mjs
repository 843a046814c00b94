// Asks a server by the Node client: the Rust client of arrow-flight. Called with the name of a function below, the
// options of the connection and an argument, both as JSON; prints what the function returns as JSON.
import { createFlightSqlClient } from '@lakehouse-rs/flight-sql-client';
import { tableFromIPC } from 'apache-arrow';

const rows = (table) => table.toArray().map((row) => row.toJSON());
const types = (table) => Object.fromEntries(table.schema.fields.map((field) => [field.name, String(field.type)]));

const questions = {
  async objects(client) {
    const read = async (buffer) => rows(tableFromIPC(await buffer)).map(({ table_schema, ...row }) => row);
    return {
      catalogs: await read(client.getCatalogs()),
      schemas: await read(client.getDbSchemas({ dbSchemaFilterPattern: 'l%' })),
      tables: await read(client.getTables({ includeSchema: true, tableTypes: ['TABLE'] })),
    };
  },
  async query(client, sql) {
    const table = tableFromIPC(await client.query(sql));
    return { types: types(table), rows: rows(table) };
  },
  async size(client, sql) {
    const table = tableFromIPC(await client.query(sql));
    let sum = 0n;
    for (const n of table.getChild('n')) sum += n;
    return { rows: table.numRows, sum };
  },
};

const [question, options, argument] = [process.argv[2], ...process.argv.slice(3).map((text) => JSON.parse(text))];
let answer;
try {
  answer = { answer: await questions[question](await createFlightSqlClient(options), argument) };
} catch (error) {
  answer = { error: error.message };
}
console.log(JSON.stringify(answer, (_, value) => (typeof value === 'bigint' ? Number(value) : value)));
