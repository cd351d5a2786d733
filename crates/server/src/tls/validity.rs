//! From when until when a certificate is valid: the only thing that is wanted of it which rustls does not tell.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::Offset;

/// Both ends included (RFC 5280, section 4.1.2.5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Validity {
    pub(super) from: Timestamp,
    pub(super) until: Timestamp,
}

const INTEGER: u8 = 0x02;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;
pub(super) const SEQUENCE: u8 = 0x30;
/// The version, which the oldest certificates do not have.
const VERSION: u8 = 0xa0;

/// Reads it out of a certificate in DER; `None` if that is none.
pub(super) fn validity(certificate: &[u8]) -> Option<Validity> {
    let mut certificate = Der(certificate).enter(SEQUENCE)?;
    let mut signed = certificate.enter(SEQUENCE)?;
    if signed.0.first() == Some(&VERSION) {
        signed.enter(VERSION)?;
    }
    let _serial_number = signed.enter(INTEGER)?;
    let _algorithm = signed.enter(SEQUENCE)?;
    let _issuer = signed.enter(SEQUENCE)?;
    let mut validity = signed.enter(SEQUENCE)?;
    Some(Validity { from: validity.time()?, until: validity.time()? })
}

/// What is left to read (X.690, sections 8.1 and 10.1).
pub(super) struct Der<'a>(pub(super) &'a [u8]);

impl<'a> Der<'a> {
    /// The content of the next value, if its tag is this one.
    pub(super) fn enter(&mut self, wanted: u8) -> Option<Der<'a>> {
        let (tag, content) = self.next()?;
        (tag == wanted).then_some(Der(content))
    }

    pub(super) fn next(&mut self) -> Option<(u8, &'a [u8])> {
        let (&tag, rest) = self.0.split_first()?;
        let (&first, rest) = rest.split_first()?;
        let (length, rest) = match first {
            short @ ..=0x7f => (usize::from(short), rest),
            // More bytes of length than three are no certificate's.
            long @ 0x81..=0x83 => {
                let (bytes, rest) = rest.split_at_checked(usize::from(long & 0x7f))?;
                (bytes.iter().fold(0, |length, byte| length << 8 | usize::from(*byte)), rest)
            }
            _ => return None,
        };
        let (content, rest) = rest.split_at_checked(length)?;
        self.0 = rest;
        Some((tag, content))
    }

    fn time(&mut self) -> Option<Timestamp> {
        let (tag, content) = self.next()?;
        let digits = str::from_utf8(content).ok()?;
        let text = match tag {
            // Two digits of a year mean 1950 to 2049.
            UTC_TIME if digits.get(..2)? < "50" => format!("20{digits}"),
            UTC_TIME => format!("19{digits}"),
            GENERALIZED_TIME => digits.to_owned(),
            _ => return None,
        };
        let time = DateTime::strptime("%Y%m%d%H%M%SZ", text).ok()?;
        // The year 9999 says that there is no end; its last day is outside of what a timestamp holds.
        Some(Offset::UTC.to_timestamp(time).unwrap_or(Timestamp::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(from: (i32, u8, u8), until: (i32, u8, u8)) -> Vec<u8> {
        let mut params = rcgen::CertificateParams::new(["localhost".to_owned()]).unwrap();
        params.not_before = rcgen::date_time_ymd(from.0, from.1, from.2);
        params.not_after = rcgen::date_time_ymd(until.0, until.1, until.2);
        let key = rcgen::KeyPair::generate().unwrap();
        params.self_signed(&key).unwrap().der().to_vec()
    }

    #[test]
    fn both_kinds_of_time_are_read() {
        for (from, until, text) in [
            ((2026, 1, 2), (2027, 12, 31), "2026-01-02T00:00:00Z 2027-12-31T00:00:00Z"),
            ((1975, 1, 1), (2049, 12, 31), "1975-01-01T00:00:00Z 2049-12-31T00:00:00Z"),
            ((2049, 12, 31), (2050, 1, 1), "2049-12-31T00:00:00Z 2050-01-01T00:00:00Z"),
            ((2000, 2, 29), (4096, 1, 1), "2000-02-29T00:00:00Z 4096-01-01T00:00:00Z"),
        ] {
            let Validity { from, until } = validity(&made(from, until)).unwrap();
            assert_eq!(format!("{from} {until}"), text);
        }
        let for_ever = validity(&made((2020, 1, 1), (9999, 12, 31))).unwrap().until;
        assert!(for_ever > "9999-12-01T00:00:00Z".parse().unwrap());
    }

    #[test]
    fn half_a_certificate_is_none() {
        let whole = made((2026, 1, 2), (2027, 12, 31));
        for length in 0..whole.len() {
            assert_eq!(validity(&whole[..length]), None, "{length}");
        }
        assert_eq!(validity(&[0x30, 0x84, 0xff, 0xff, 0xff, 0xff, 0x30]), None);
        assert_eq!(validity(b"-----BEGIN CERTIFICATE-----"), None);
    }
}
