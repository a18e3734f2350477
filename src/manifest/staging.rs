//! `staging_bucket` of a target: the S3 buckets that large archives go through.

use std::str::FromStr;

/// The placeholder for the region in the name.
const REGION: &str = "{region}";

/// The name of a bucket in each region, such as `acme-layers-{region}`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StagingBucket(String);

impl StagingBucket {
    /// The name as the manifest has it.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The bucket in `region`.
    pub fn in_region(&self, region: &str) -> String {
        self.0.replace(REGION, region)
    }

    /// Whether each region has its own bucket, as a target with several regions requires.
    pub fn is_regional(&self) -> bool {
        self.0.contains(REGION)
    }
}

impl FromStr for StagingBucket {
    type Err = String;

    /// Refuses what no bucket can be called (Amazon S3 user guide, "General purpose bucket naming rules").
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let bucket = Self(text.to_owned());
        let name = bucket.in_region("us-east-1");
        let is_inner = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
        let is_good = (3..=63).contains(&name.len())
            && name
                .bytes()
                .all(|byte| is_inner(byte) || b"-.".contains(&byte))
            && name.bytes().next().is_some_and(is_inner)
            && name.bytes().next_back().is_some_and(is_inner)
            && !name.contains("..");
        if is_good {
            Ok(bucket)
        } else {
            Err(format!(
                "`{text}` is not the name of a bucket, such as `acme-layers-{REGION}`"
            ))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_that_s3_takes() {
        for good in ["acme-layers-{region}", "abc", "a.b-c1", "{region}"] {
            assert!(good.parse::<StagingBucket>().is_ok(), "{good}");
        }
        for bad in [
            "",
            "ab",
            "Acme",
            "a_b_c",
            "-abc",
            "abc-",
            "a..b",
            "acme-{account}",
            "s3://abc",
        ] {
            assert!(bad.parse::<StagingBucket>().is_err(), "{bad}");
        }
        let bucket: StagingBucket = "acme-{region}".parse().unwrap();
        assert_eq!(bucket.in_region("eu-west-1"), "acme-eu-west-1");
    }
}
