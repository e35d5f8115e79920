//! PostgreSQL by URL.

use std::time::Duration;

use futures_util::future::{poll_fn, try_join_all};
use tokio::runtime::{Builder, Runtime};
use tokio_postgres::types::{ToSql, Type};
use tokio_postgres::{AsyncMessage, Client, Socket};

use super::postgres_url::PostgresUrl;
use super::sql::{Failure, FailureKind, Param, Result, Row, Value};

/// How long the server may take to accept a connection, and to answer a statement.
const TIMEOUT: Duration = Duration::from_secs(3);

/// The same for a query that may return every row of a table.
const TIMEOUT_OF_ALL: Duration = Duration::from_secs(30);

/// How much longer for each further list of parameters of a statement.
const TIMEOUT_OF_EACH: Duration = Duration::from_millis(10);

/// The server gives up waiting for a lock before the client does, ends statements that the client has given up, and
/// reports nothing as committed that a crash could still take, even if it is set to delay commits.
const SESSION: &str = "SET lock_timeout = '2s'; SET statement_timeout = '60s'; \
                       SELECT set_config('synchronous_commit', 'on', false) \
                       WHERE current_setting('synchronous_commit') = 'off'";

/// An open connection to PostgreSQL. Its calls wait for the server; none may be made from async code.
#[derive(Debug)]
pub(super) struct PostgresConnection {
    runtime: Runtime,
    client: Client,
}

impl PostgresConnection {
    /// Connects to the server at `url`.
    pub(super) fn open(url: &str) -> Result<PostgresConnection> {
        let url = PostgresUrl::parse(url)?;
        let runtime = Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|error| Failure::new(FailureKind::Other, error.to_string()))?;
        let client = wait(&runtime, TIMEOUT, async {
            // Only TLS that is not wanted at all, or not to be had on a socket of this machine, is not offered.
            match url.tls()? {
                None => spawn(url.config().connect(tokio_postgres::NoTls).await.map_err(|e| failure(&e))?),
                Some(tls) => spawn(url.config().connect(tls).await.map_err(|e| failure(&e))?),
            }
        })?;
        let mut connection = PostgresConnection { runtime, client };
        connection.run(SESSION)?;
        Ok(connection)
    }

    /// Whether the connection is still there. Fails if it is and the server does not answer.
    pub(super) fn is_alive(&mut self) -> Result<bool> {
        let check = async { Ok(self.client.check_connection().await.is_ok()) };
        wait(&self.runtime, TIMEOUT, check)
    }

    pub(super) fn execute(&mut self, statement: &str, params: &[Param<'_>]) -> Result<u64> {
        let params = typed(params);
        let work = async { self.client.execute_typed(statement, &params).await.map_err(|e| failure(&e)) };
        wait(&self.runtime, TIMEOUT, work)
    }

    /// All are on their way before the first answer is back.
    pub(super) fn execute_each(&mut self, statement: &str, lists: &[Vec<Param<'_>>]) -> Result<Vec<u64>> {
        let Some(first) = lists.first() else { return Ok(Vec::new()) };
        let types: Vec<Type> = first.iter().map(|param| kind(param)).collect();
        let limit = TIMEOUT + TIMEOUT_OF_EACH * u32::try_from(lists.len()).unwrap_or(u32::MAX);
        let work = async {
            let prepared = self.client.prepare_typed(statement, &types).await?;
            try_join_all(
                lists.iter().map(|params| self.client.execute_raw(&prepared, params.iter().map(plain))),
            )
            .await
        };
        wait(&self.runtime, limit, async { work.await.map_err(|error| failure(&error)) })
    }

    pub(super) fn query(&mut self, statement: &str, params: &[Param<'_>]) -> Result<Vec<Row>> {
        let params = typed(params);
        let work = async { self.client.query_typed(statement, &params).await.map_err(|e| failure(&e)) };
        wait(&self.runtime, TIMEOUT, work)?.iter().map(row).collect()
    }

    pub(super) fn query_all(&mut self, statement: &str) -> Result<Vec<Row>> {
        let work = async { self.client.query_typed(statement, &[]).await.map_err(|e| failure(&e)) };
        wait(&self.runtime, TIMEOUT_OF_ALL, work)?.iter().map(row).collect()
    }

    pub(super) fn run(&mut self, statements: &str) -> Result<()> {
        let work = async { self.client.batch_execute(statements).await.map_err(|e| failure(&e)) };
        wait(&self.runtime, TIMEOUT, work)
    }
}

/// Has the runtime move what arrives and leaves on the connection, whenever somebody waits for an answer.
fn spawn<S>((client, mut connection): (Client, tokio_postgres::Connection<Socket, S>)) -> Result<Client>
where
    S: tokio_postgres::tls::TlsStream + Unpin + Send + 'static,
{
    tokio::spawn(async move {
        while let Some(message) = poll_fn(|context| connection.poll_message(context)).await {
            match message {
                Ok(AsyncMessage::Notice(notice)) => {
                    tracing::debug!(severity = notice.severity(), "PostgreSQL: {}", notice.message());
                }
                Ok(_) => {}
                // The statement that waits for an answer fails with it.
                Err(_) => return,
            }
        }
    });
    Ok(client)
}

fn wait<T>(runtime: &Runtime, limit: Duration, work: impl Future<Output = Result<T>>) -> Result<T> {
    let done = runtime.block_on(async { tokio::time::timeout(limit, work).await });
    done.unwrap_or_else(|_| {
        let seconds = limit.as_secs();
        Err(Failure::new(FailureKind::Other, format!("no answer within {seconds} seconds")))
    })
}

fn kind(param: &Param<'_>) -> Type {
    match param {
        Param::Int(_) => Type::INT8,
        Param::Text(_) => Type::TEXT,
        Param::Bytes(_) => Type::BYTEA,
    }
}

fn plain<'p>(param: &'p Param<'_>) -> &'p (dyn ToSql + Sync) {
    match param {
        Param::Int(number) => number,
        Param::Text(text) => text,
        Param::Bytes(bytes) => bytes,
    }
}

fn typed<'p>(params: &'p [Param<'_>]) -> Vec<(&'p (dyn ToSql + Sync), Type)> {
    params.iter().map(|param| (plain(param), kind(param))).collect()
}

fn row(row: &tokio_postgres::Row) -> Result<Row> {
    let values = row.columns().iter().enumerate().map(|(index, column)| {
        let value = match *column.type_() {
            Type::INT8 => row.try_get::<_, Option<i64>>(index).map(|value| value.map(Value::Int)),
            Type::BYTEA => row.try_get::<_, Option<Vec<u8>>>(index).map(|value| value.map(Value::Bytes)),
            _ => row.try_get::<_, Option<String>>(index).map(|value| value.map(Value::Text)),
        };
        value.map(|value| value.unwrap_or(Value::Null)).map_err(|error| failure(&error))
    });
    values.collect::<Result<_>>().map(Row)
}

/// By PostgreSQL's SQLSTATE.
fn failure(error: &tokio_postgres::Error) -> Failure {
    let Some(code) = error.code() else {
        // Such as "error connecting to server: Connection refused (os error 111)".
        let causes = std::iter::successors(std::error::Error::source(error), |cause| cause.source());
        let reason = causes.fold(error.to_string(), |reason, cause| {
            let cause = cause.to_string();
            if reason.contains(&cause) { reason } else { format!("{reason}: {cause}") }
        });
        return Failure::new(FailureKind::Other, reason);
    };
    let kind = match code.code() {
        // read_only_sql_transaction
        "25006" => FailureKind::ReadOnly,
        // disk_full
        "53100" => FailureKind::Full,
        // lock_not_available, deadlock_detected
        "55P03" | "40P01" => FailureKind::Locked,
        // data_corrupted, index_corrupted
        "XX001" | "XX002" => FailureKind::Damaged,
        // undefined_table, undefined_column
        "42P01" | "42703" => FailureKind::Foreign,
        _ => FailureKind::Other,
    };
    let message = error.as_db_error().map_or_else(|| error.to_string(), |error| error.message().to_owned());
    Failure::new(kind, format!("{message} (SQLSTATE {})", code.code()))
}
