//! What is due of orders: rungs that are reached, and deadlines that have moved.
//!
//! An order's clock is computed from its facts and runs by itself between them, so the instant at which it next has something to
//! say is known when they are read. It is remembered; a look reads the orders that have changed since the last, and those whose
//! instant has come. It is kept in memory only: a deadline that is stored could be another than the one that holds.

use super::known::Known;
use super::model::Command;
use super::store::{self, Order, Which};
use crate::db::Conn;
use crate::journal::replay;
use anyhow::Result;
use jiff::civil::DateTime;
use std::cmp::Reverse;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// Something the timer would submit now: a rung that is reached, or a deadline that has moved.
#[derive(Clone, Debug)]
pub struct Due {
    /// Id of the request: the same on every node.
    pub request: String,
    /// The command.
    pub command: Command,
}

/// What earlier looks have found.
#[derive(Debug, Default)]
pub struct Kept(Mutex<Looked>);

#[derive(Debug, Default)]
struct Looked {
    /// The fact up to which orders were read.
    head: u64,
    /// When each order next has something to say, of those that will by themselves.
    next: HashMap<String, DateTime>,
}

impl Kept {
    /// What is due at an instant, in the order in which it was reached: an order's rungs first, then what people are to be told
    /// of its deadline. What nobody has noted by the next look is due there again.
    pub async fn at(&self, conn: &mut Conn, now: DateTime) -> Result<Vec<Due>> {
        // A look that fails leaves nothing behind, and the next one reads everything.
        let mut looked = std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        let head = replay::head_number(conn).await?;
        let mut orders = if looked.head == 0 || head < looked.head {
            looked.next.clear();
            store::orders(conn, Which::Open).await?
        } else {
            store::changed(conn, looked.head).await?
        };
        for order in &orders {
            looked.next.remove(&order.known.id);
        }
        let come: Vec<String> = looked.next.iter().filter(|(_, at)| **at <= now).map(|(id, _)| id.clone()).collect();
        for id in come {
            orders.extend(store::order(conn, &id).await?);
        }
        orders.sort_by_key(|order| Reverse(order.number));
        let mut due = Vec::new();
        for order in orders {
            let known = &order.known;
            match known.speaks_next(now) {
                Some(at) => looked.next.insert(known.id.clone(), at),
                None => looked.next.remove(&known.id),
            };
            due.extend(due_of(&order, now));
        }
        looked.head = head;
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = looked;
        due.sort_by_key(|(at, _)| *at);
        Ok(due.into_iter().map(|(_, due)| due).collect())
    }
}

fn due_of(order: &Order, now: DateTime) -> Vec<(DateTime, Due)> {
    let Known { id, round, .. } = &order.known;
    let rungs = order.known.due_rungs(now).into_iter().map(|(rung, reached_at)| {
        let command = Command::Ring { order: id.clone(), round: *round, rung: rung.id.clone(), reached_at };
        (reached_at, Due { request: format!("ring-{id}-{round}-{}", rung.id), command })
    });
    let moved = order.known.moved().map(|due_on| {
        let request = format!("redate-{id}-{}-{due_on}", order.number);
        (now, Due { request, command: Command::Redate { order: id.clone(), due_on } })
    });
    rungs.chain(moved).collect()
}
