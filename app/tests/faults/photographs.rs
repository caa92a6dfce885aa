//! A photograph of which a part came is never taken for the whole.

use crate::chance;
use crate::server::{Line, Person, Place, Server, on_sqlite};
use rand::{Rng, RngExt};
use rand_chacha::ChaCha8Rng;
use sha2::{Digest, Sha256};
use std::io::Write;
use std::net::TcpStream;

/// A photograph on its way, sent in two parts.
pub struct Piece<'a> {
    inspector: &'a Person,
    bytes: Vec<u8>,
    address: String,
    /// Where the second part begins.
    second: usize,
}

impl<'a> Piece<'a> {
    pub fn by_chance(inspector: &'a Person, chance: &mut ChaCha8Rng) -> Piece<'a> {
        let mut bytes = vec![0; chance.random_range(2_000..40_000)];
        chance.fill_bytes(&mut bytes);
        let hash: String = Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
        let second = chance.random_range(1..bytes.len());
        Piece { inspector, address: format!("/phone/pieces/{hash}"), second, bytes }
    }

    fn put(&self, place: &Place, from: usize, part: &[u8]) -> Vec<u8> {
        let line = format!("PUT {}?from={from}&size={}", self.address, self.bytes.len());
        self.inspector.by_phone(place, &line, part)
    }

    /// How many of its bytes the server says are there, and whether that is all.
    pub fn held(&self, line: &mut Line<'_>) -> (usize, bool) {
        let asked = self.inspector.by_phone(line.place, &format!("GET {}", self.address), b"");
        let said: serde_json::Value = serde_json::from_str(&line.sent(&asked).unwrap().body).unwrap();
        (said["held"].as_u64().unwrap() as usize, said["is_whole"] == true)
    }

    /// Brings it in one part. What the server says to that.
    pub fn status_of_whole(&self, line: &mut Line<'_>) -> u16 {
        line.sent(&self.put(line.place, 0, &self.bytes)).expect("an answer").status
    }

    /// Brings the first part.
    fn begin(&self, line: &mut Line<'_>) {
        let first = self.put(line.place, 0, &self.bytes[..self.second]);
        assert_eq!(line.sent(&first).unwrap().status, 200);
    }

    /// Cuts the second part at any byte of its request.
    fn cut(&self, line: &mut Line<'_>, chance: &mut ChaCha8Rng) {
        let request = self.put(line.place, self.second, &self.bytes[self.second..]);
        let at = chance.random_range(0..request.len());
        let mut way = TcpStream::connect(line.place.address).unwrap();
        way.write_all(&request[..at]).unwrap();
        drop(way);
        assert_eq!(self.held(line), (self.second, false), "cut at {at} of {}", request.len());
    }

    /// Of the right length and with other bytes it is refused, and comes again from the beginning.
    fn come_wrong(&self, line: &mut Line<'_>) {
        let wrong: Vec<u8> = self.bytes[self.second..].iter().map(|byte| byte ^ 1).collect();
        assert_eq!(line.sent(&self.put(line.place, self.second, &wrong)).unwrap().status, 422);
        assert_eq!(self.held(line), (0, false));
        self.begin(line);
    }

    /// Brings the second part; where its answer is lost it comes twice, and is there once.
    fn end(&self, line: &mut Line<'_>) {
        let second = self.put(line.place, self.second, &self.bytes[self.second..]);
        let statuses = [(); 2].map(|()| line.sent(&second).unwrap().status);
        assert_eq!(statuses, [200, 200]);
        assert_eq!(self.held(line), (self.bytes.len(), true));
    }
}

/// Photographs that are cut, half of them at the same time as the others.
const PIECES: usize = 1_000;

#[test]
fn half_a_photograph_is_never_whole() {
    let (_folder, place, cast) = on_sqlite();
    let server = Server::start(&place);
    std::thread::scope(|scope| {
        for seed in 0..2 {
            let (mut line, inspector) = (Line::to(&place), &cast.inspector);
            scope.spawn(move || {
                let mut chance = chance(seed);
                for at in 0..PIECES / 2 {
                    let piece = Piece::by_chance(inspector, &mut chance);
                    piece.begin(&mut line);
                    piece.cut(&mut line, &mut chance);
                    if at % 4 == 0 {
                        piece.come_wrong(&mut line);
                    }
                    piece.end(&mut line);
                }
            });
        }
    });
    server.stop();
    place.is_sound(&[]);
}
