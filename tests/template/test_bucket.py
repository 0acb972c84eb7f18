"""The bucket of exports: nobody's but its functions', and nothing in it for long."""

from __future__ import annotations

from tests.template.expansion import Resources, named, of_type


def test_it_is_private_and_sealed(resources: Resources) -> None:
    (bucket,) = of_type(resources, "AWS::S3::Bucket").values()

    assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
    assert len(bucket["PublicAccessBlockConfiguration"]) == 4
    (rule,) = bucket["OwnershipControls"]["Rules"]
    assert rule == {"ObjectOwnership": "BucketOwnerEnforced"}
    (encryption,) = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert encryption["ServerSideEncryptionByDefault"] == {"SSEAlgorithm": "AES256"}


def test_files_and_parts_of_files_are_gone_after_a_day(resources: Resources) -> None:
    (bucket,) = of_type(resources, "AWS::S3::Bucket").values()
    (rule,) = bucket["LifecycleConfiguration"]["Rules"]

    assert (rule["Status"], rule["ExpirationInDays"]) == ("Enabled", 1)
    assert rule["AbortIncompleteMultipartUpload"] == {"DaysAfterInitiation": 1}
    assert "Prefix" not in rule


def test_on_aws_it_speaks_tls_alone(resources: Resources) -> None:
    policy = resources["ExportsBucketPolicy"]
    (statement,) = policy["Properties"]["PolicyDocument"]["Statement"]

    assert policy["Condition"] == "SpeaksTls"
    assert (statement["Effect"], statement["Principal"], statement["Action"]) == (
        "Deny",
        "*",
        "s3:*",
    )
    assert {named(each) for each in statement["Resource"]} == {
        "ExportsBucket.Arn",
        "ExportsBucket/*",
    }
    assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
