//! Photographs: what is taken for one, sealed as it came, and drawn again without its metadata for people to see.
//!
//! The original is kept by its hash and never served: it may carry where and by whom it was taken. What is served is a copy
//! drawn from its pixels, so that nothing hidden in a file reaches a browser.

use super::model::Photo;
use crate::journal::Document;
use crate::refusal::{Reason, Refusal};
use crate::web::extract::{FILE_BYTES, Files};
use anyhow::Context;
use image::imageops::FilterType;
use image::metadata::Orientation;
use image::{DynamicImage, ImageDecoder, ImageFormat, ImageReader, Limits, RgbImage};
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

/// Pictures drawn at once: each takes a core and some memory.
static DRAWING: Semaphore = Semaphore::const_new(2);

fn refused(code: &'static str) -> Refusal {
    Refusal { code, reason: Reason::Rule, params: Vec::new(), field: Some("photos") }
}

/// Takes files for photographs: each with its two papers, or the first that is none.
pub async fn take(files: Files) -> anyhow::Result<Result<(Vec<Photo>, Vec<Document>), Refusal>> {
    let (mut photos, mut documents) = (Vec::new(), Vec::new());
    let files = match files.taken() {
        Ok(files) => files,
        Err(refusal) => return Ok(Err(refusal)),
    };
    for bytes in files {
        let _turn = DRAWING.acquire().await.context("the queue for drawing is never closed")?;
        let drawn = tokio::task::spawn_blocking(move || draw(bytes)).await.context("drawing a photograph")?;
        match drawn {
            Ok((original, copy)) => {
                let photo = Photo { original: original.sha256(), copy: copy.sha256() };
                // A picture chosen twice shows nothing more.
                if !photos.contains(&photo) {
                    photos.push(photo);
                    documents.extend([original, copy]);
                }
            }
            Err(refusal) => return Ok(Err(refusal)),
        }
    }
    Ok(Ok((photos, documents)))
}

fn draw(bytes: Vec<u8>) -> Result<(Document, Document), Refusal> {
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
    if format == ImageFormat::Jpeg && !bytes.windows(2).any(|pair| pair == [0xff, 0xd9]) {
        return Err(refused("R-120"));
    }
    let reader = || ImageReader::with_format(Cursor::new(&bytes), format);
    let (width, height) = reader().into_dimensions().map_err(|_| refused("R-120"))?;
    if u64::from(width) * u64::from(height) > MOST_PIXELS {
        return Err(refused("R-122"));
    }
    let mut reader = reader();
    let mut limits = Limits::default();
    limits.max_alloc = Some(MOST_MEMORY);
    reader.limits(limits);
    let mut decoder = reader.into_decoder().map_err(|_| refused("R-120"))?;
    // A phone held upright says so beside the pixels, which go into the copy alone: the copy is turned instead.
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let mut picture = DynamicImage::from_decoder(decoder).map_err(|_| refused("R-120"))?;
    picture.apply_orientation(orientation);
    let (width, height) = (picture.width(), picture.height());
    let small = if width.max(height) > COPY_SIDE { picture.resize(COPY_SIDE, COPY_SIDE, FilterType::Triangle) } else { picture };
    let copy = encode(&small.into_rgb8()).ok_or_else(|| refused("R-120"))?;
    Ok((Document { media_type, bytes }, Document { media_type: "image/jpeg", bytes: copy }))
}

/// A picture as a JPEG, colours at half the resolution as phones keep them. The encoder that comes with the decoder takes three
/// times as long, and a day's photographs of an inspector arrive at once.
fn encode(picture: &RgbImage) -> Option<Vec<u8>> {
    let side = |pixels: u32| u16::try_from(pixels).ok();
    let mut copy = Vec::new();
    let mut encoder = Encoder::new(&mut copy, COPY_QUALITY);
    encoder.set_sampling_factor(SamplingFactor::R_4_2_0);
    encoder.encode(picture.as_raw(), side(picture.width())?, side(picture.height())?, ColorType::Rgb).ok()?;
    Some(copy)
}

/// Whether a picture is an archive, a page, a paper or a program as well: whoever makes such a file means it for something
/// else. What phones append for themselves (a short film, a second picture) is no such thing.
fn is_something_else_too(bytes: &[u8]) -> bool {
    let holds = |part: &[u8], mark: &[u8]| part.windows(mark.len()).any(|window| window.eq_ignore_ascii_case(mark));
    let tail = &bytes[bytes.len().saturating_sub(66_000)..];
    let marks: [&[u8]; 3] = [b"PK\x05\x06", b"PK\x03\x04", b"%PDF-"];
    marks.iter().any(|mark| holds(tail, mark)) || holds(&bytes[..bytes.len().min(1024)], b"%PDF-") || holds(bytes, b"<script") || holds(bytes, b"<!doctype") || holds(bytes, b"<?php")
}
