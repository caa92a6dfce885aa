//! Photographs: what is taken for one and sealed as it came, and how its copy is drawn.
//!
//! The original is kept by its hash and never served: it may carry where and by whom it was taken. What is served is a copy
//! drawn from its pixels (`copies.rs`), so that nothing hidden in a file reaches a browser. Whoever sends a photograph waits
//! until it has been decoded, since nothing less says that it is whole, and not until it has been drawn: encoding takes twice
//! as long as decoding.

use super::copies;
use super::model::Photo;
use crate::journal::Document;
use crate::refusal::{Reason, Refusal};
use crate::web::Site;
use crate::web::extract::{FILE_BYTES, Files};
use anyhow::Context;
use image::imageops::FilterType;
use image::metadata::Orientation;
use image::{DynamicImage, ImageDecoder, ImageFormat, ImageReader, ImageResult, Limits, RgbImage};
use jpeg_encoder::{ColorType, Encoder, SamplingFactor};
use std::io::Cursor;
use tokio::sync::Semaphore;

/// Largest file.
pub const MOST_BYTES: usize = FILE_BYTES;
/// Most pixels: a 48 KB file can claim billions.
const MOST_PIXELS: u64 = 50_000_000;
/// Memory that decoding may take.
const MOST_MEMORY: u64 = 220 * 1024 * 1024;
/// Longest side of the copy, in pixels.
const COPY_SIDE: u32 = 1600;
/// Quality of the copy.
const COPY_QUALITY: u8 = 78;

/// Pictures decoded at once: each takes a core and some memory.
static DECODING: Semaphore = Semaphore::const_new(2);

fn refused(code: &'static str) -> Refusal {
    Refusal { code, reason: Reason::Rule, params: Vec::new(), field: Some("photos") }
}

/// Takes files for photographs, each with its paper, or says why the first is none. Their copies are drawn later.
pub async fn take(site: &Site, files: Files) -> anyhow::Result<Result<(Vec<Photo>, Vec<Document>), Refusal>> {
    let taken = examine(files).await?;
    if let Ok((photos, _)) = &taken {
        photos.iter().for_each(|photo| copies::note(site, photo));
    }
    Ok(taken)
}

/// As [`take`], of pictures of which nobody is shown a copy.
pub async fn examine(files: Files) -> anyhow::Result<Result<(Vec<Photo>, Vec<Document>), Refusal>> {
    let (mut photos, mut documents) = (Vec::new(), Vec::new());
    let files = match files.taken() {
        Ok(files) => files,
        Err(refusal) => return Ok(Err(refusal)),
    };
    for bytes in files {
        match decoding(move || examined(bytes)).await? {
            Ok(document) => {
                let photo = Photo::of(document.sha256());
                // A picture chosen twice shows nothing more.
                if !photos.contains(&photo) {
                    photos.push(photo);
                    documents.push(document);
                }
            }
            Err(refusal) => return Ok(Err(refusal)),
        }
    }
    Ok(Ok((photos, documents)))
}

/// Does something that decodes a photograph, in its turn.
pub(super) async fn decoding<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> anyhow::Result<T> {
    let _turn = DECODING.acquire().await.context("the queue for decoding is never closed")?;
    tokio::task::spawn_blocking(work).await.context("decoding a photograph")
}

fn examined(bytes: Vec<u8>) -> Result<Document, Refusal> {
    if bytes.len() > MOST_BYTES {
        return Err(refused("R-121"));
    }
    let (format, media_type) = match image::guess_format(&bytes) {
        Ok(format @ ImageFormat::Jpeg) => (format, "image/jpeg"),
        Ok(format @ ImageFormat::Png) => (format, "image/png"),
        Ok(format @ ImageFormat::WebP) => (format, "image/webp"),
        _ => return Err(refused("R-120")),
    };
    if is_something_else_too(&bytes) {
        return Err(refused("R-123"));
    }
    // A picture cut off on its way is drawn down to where it ends; nobody would see that the rest is missing.
    if format == ImageFormat::Jpeg && !has_jpeg_end(&bytes) {
        return Err(refused("R-120"));
    }
    let (width, height) = reader(&bytes, format).into_dimensions().map_err(|_| refused("R-120"))?;
    if u64::from(width) * u64::from(height) > MOST_PIXELS {
        return Err(refused("R-122"));
    }
    decode(&bytes, format).map_err(|_| refused("R-120"))?;
    Ok(Document { media_type, bytes })
}

/// Whether a JPEG goes on to its own end mark (ITU-T T.81, annex B): the small picture that cameras keep in a segment has one too,
/// so segments are passed by their lengths and only what is scanned is searched.
fn has_jpeg_end(bytes: &[u8]) -> bool {
    const SOI: u8 = 0xd8;
    const EOI: u8 = 0xd9;
    const TEM: u8 = 0x01;
    let mut rest = bytes;
    loop {
        let is_mark = |pair: &[u8]| pair[0] == 0xff && !matches!(pair[1], 0x00 | 0xd0..=0xd7 | 0xff);
        let Some(at) = rest.windows(2).position(is_mark) else { return false };
        let (mark, after) = (rest[at + 1], &rest[at + 2..]);
        let length = match (mark, after) {
            (EOI, _) => return true,
            (SOI | TEM, _) => 0,
            (_, [high, low, ..]) => usize::from(u16::from_be_bytes([*high, *low])),
            _ => return false,
        };
        let Some(next) = after.get(length..) else { return false };
        rest = next;
    }
}

/// The copy of a photograph that was taken for one.
pub(super) fn drawn(original: &[u8]) -> anyhow::Result<Vec<u8>> {
    let picture = decode(original, image::guess_format(original)?)?;
    let (width, height) = (picture.width(), picture.height());
    let small = if width.max(height) > COPY_SIDE { picture.resize(COPY_SIDE, COPY_SIDE, FilterType::Triangle) } else { picture };
    encode(&small.into_rgb8())
}

fn reader(bytes: &[u8], format: ImageFormat) -> ImageReader<Cursor<&[u8]>> {
    ImageReader::with_format(Cursor::new(bytes), format)
}

/// The pixels of a picture, upright.
fn decode(bytes: &[u8], format: ImageFormat) -> ImageResult<DynamicImage> {
    let mut reader = reader(bytes, format);
    let mut limits = Limits::default();
    limits.max_alloc = Some(MOST_MEMORY);
    reader.limits(limits);
    let mut decoder = reader.into_decoder()?;
    // A phone held upright says so beside the pixels, which go into the copy alone: the copy is turned instead.
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let mut picture = DynamicImage::from_decoder(decoder)?;
    picture.apply_orientation(orientation);
    Ok(picture)
}

/// A picture as a JPEG, colours at half the resolution as phones keep them. The encoder that comes with the decoder takes three
/// times as long, and a day's photographs of an inspector arrive at once.
fn encode(picture: &RgbImage) -> anyhow::Result<Vec<u8>> {
    let mut copy = Vec::new();
    let mut encoder = Encoder::new(&mut copy, COPY_QUALITY);
    encoder.set_sampling_factor(SamplingFactor::R_4_2_0);
    encoder.encode(picture.as_raw(), picture.width().try_into()?, picture.height().try_into()?, ColorType::Rgb)?;
    Ok(copy)
}

/// Whether a picture is an archive, a page, a paper or a program as well: whoever makes such a file means it for something
/// else. What phones append for themselves (a short film, a second picture) is no such thing.
fn is_something_else_too(bytes: &[u8]) -> bool {
    let holds = |part: &[u8], mark: &[u8]| part.windows(mark.len()).any(|window| window.eq_ignore_ascii_case(mark));
    let tail = &bytes[bytes.len().saturating_sub(66_000)..];
    let marks: [&[u8]; 3] = [b"PK\x05\x06", b"PK\x03\x04", b"%PDF-"];
    marks.iter().any(|mark| holds(tail, mark)) || holds(&bytes[..bytes.len().min(1024)], b"%PDF-") || holds(bytes, b"<script") || holds(bytes, b"<!doctype") || holds(bytes, b"<?php")
}
