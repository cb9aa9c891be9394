import { createHash } from 'node:crypto';
import type { Writable } from 'node:stream';

import type pg from 'pg';

import { arrayTypes, binaryArray } from './binary-arrays.ts';
import { columnTypes } from './column-types.ts';
import { type Database, errorCode, type Transaction } from './database.ts';
import { sendAsked } from './in-step.ts';

export type Scalar = string | number | bigint | boolean | Date | Buffer | null;

/** What may stand for `$1`: a value, an array for `unnest($1::…[])`, or a plain object for `jsonb`. */
export type Parameter = Scalar | readonly Scalar[] | { readonly [key: string]: unknown };

/**
 * Runs one statement written in PostgreSQL's own words, with `$1` parameters, as a prepared statement of its
 * connection. Inside a transaction it uses that transaction's connection. Text is sent as it stands: a `?` operator
 * needs no escape. A JSON array must be passed as text (`JSON.stringify`), because an array means a PostgreSQL array.
 */
export async function query<Row extends object>(
  on: Database | Transaction,
  sql: string,
  parameters: readonly Parameter[] = [],
): Promise<Row[]> {
  return (await run<Row>(on, sql, parameters)).rows;
}

/** Like `query`, for a statement whose answer is how many rows it touched. */
export async function execute(
  on: Database | Transaction,
  sql: string,
  parameters: readonly Parameter[] = [],
): Promise<number> {
  return (await run(on, sql, parameters)).rowCount ?? 0;
}

/** Runs a text of one or many statements without parameters: a migration. */
export async function runScript(on: Database | Transaction, sql: string): Promise<void> {
  await withConnection(on, async (connection) => connection.query(sql));
}

/** PostgreSQL's answer to whatever comes after an error in the same transaction. */
const IN_FAILED_TRANSACTION = '25P02';

/** A connection that knex's pool throws away once it carries this mark. */
type Connection = pg.Client & { __knex__disposed?: unknown; readonly connection: { readonly stream: Writable } };

/** What we use of knex's client: its pool, and its channel for those who watch the statements. */
type KnexClient = {
  readonly acquireConnection: () => Promise<Connection>;
  readonly releaseConnection: (connection: Connection) => Promise<void>;
  readonly emit: (event: 'query', statement: { readonly sql: string; readonly bindings: readonly Parameter[] }) => void;
};

async function run<Row extends object>(
  on: Database | Transaction,
  sql: string,
  parameters: readonly Parameter[],
): Promise<pg.QueryResult<Row>> {
  return withConnection(on, async (connection, client) => {
    client.emit('query', { sql, bindings: parameters });
    holdBack(connection.connection.stream);
    const { name, types } = knownStatement(sql);
    const values = parameters.map((parameter, at) => encoded(parameter, types[at]));
    // Said with each statement, since a connection may be a host's, which reads its own otherwise.
    const statement = { text: sql, values, types: columnTypes };
    return connection.query<Row>(hasMany(parameters) ? statement : { name, ...statement });
  });
}

async function withConnection<Result>(
  on: Database | Transaction,
  work: (connection: Connection, client: KnexClient) => Promise<Result>,
): Promise<Result> {
  // A transaction keeps its connection after it ends; a late query would run outside of it, or in somebody else's.
  if ('isCompleted' in on && on.isCompleted()) throw new Error('this transaction is already completed');
  sendAsked(on);
  const client = on.client as KnexClient;
  const connection = await client.acquireConnection();
  try {
    return await work(connection, client);
  } catch (error) {
    if (endsConnection(error)) connection.__knex__disposed = error;
    throw causeOf(connection, error);
  } finally {
    await client.releaseConnection(connection);
  }
}

const lastErrors = new WeakMap<Connection, unknown>();

/**
 * Statements that were sent together with one that fails are refused because it did. What they say tells nobody why, nor
 * whether to try again, and who hears of it first is chance: all of them fail with the cause.
 */
function causeOf(connection: Connection, error: unknown): unknown {
  if (errorCode(error) === IN_FAILED_TRANSACTION) return lastErrors.get(connection) ?? error;
  lastErrors.set(connection, error);
  return error;
}

/** After a fatal error the socket closes a moment later; until then the pool would hand the connection out again. */
function endsConnection(error: unknown): boolean {
  if (!(error instanceof Error) || !('severity' in error)) return true;
  return error.severity === 'FATAL' || error.severity === 'PANIC';
}

/** Statements of one moment leave in one packet: each one alone would wake the server. */
function holdBack(stream: Writable): void {
  stream.cork();
  process.nextTick(() => {
    stream.uncork();
  });
}

const MANY = 100;

/**
 * A prepared statement's plan thinks of every array as ten rows, and joins a thousand with a thousand by comparing each
 * with each. So many are worth a plan of their own.
 */
function hasMany(parameters: readonly Parameter[]): boolean {
  return parameters.some((parameter) => Array.isArray(parameter) && parameter.length > MANY);
}

/** Arrays leave in binary where their cast says of what they are. */
function encoded(parameter: Parameter, type: string | undefined): Parameter {
  return type !== undefined && isArray(parameter) ? (binaryArray(type, parameter) ?? parameter) : parameter;
}

function isArray(parameter: Parameter): parameter is readonly Scalar[] {
  return Array.isArray(parameter);
}

interface KnownStatement {
  readonly name: string;
  readonly types: readonly (string | undefined)[];
}

const knownStatements = new Map<string, KnownStatement>();

/** What follows from a statement's text, made once. */
function knownStatement(sql: string): KnownStatement {
  const known = knownStatements.get(sql);
  if (known !== undefined) return known;
  const statement = { name: createHash('sha256').update(sql).digest('hex').slice(0, 24), types: arrayTypes(sql) };
  knownStatements.set(sql, statement);
  return statement;
}
