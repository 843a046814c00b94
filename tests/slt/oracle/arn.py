"""Parts of ARNs by splitting, beside our functions."""
ARNS = ["arn:aws:iam::123456789012:user/alice", "arn:aws:sts::123456789012:assumed-role/Admin/session:1",
        "arn:aws:s3:::bucket", "arn:aws:s3:::bucket/a:b/c", "arn:aws:lambda:eu-central-1:123456789012:function:f:PROD",
        "arn:aws-cn:ec2:cn-north-1:123456789012:instance/i-0", "arn:aws-us-gov:sns:us-gov-west-1:123456789012:topic",
        "arn:aws:iam::aws:policy/AdministratorAccess", "arn:aws:iam::123456789012:root", "arn:aws:s3", "", "alice",
        "ARN:aws:iam::1:user/x", "arn:aws:logs:us-east-1:123456789012:log-group:/aws/lambda/f:*"]


def part(index):
    def take(arn):
        parts = arn.split(":", 5)
        return (parts[index] or None) if len(parts) == 6 and parts[0] == "arn" else None
    return take


values = ", ".join(f"({index}, '{arn}')" for index, arn in enumerate(ARNS))
for index, name in enumerate(("partition", "service", "region", "account", "resource"), 1):
    print(f"# Auditlake: arn_{name}; NULL for what is no ARN and for an empty part\nquery T")
    print(f"SELECT arn_{name}(x) FROM (VALUES {values}, (99, NULL)) AS t(i, x) ORDER BY i\n----")
    for arn in ARNS:
        print(part(index)(arn) or "NULL")
    print("NULL\n")
