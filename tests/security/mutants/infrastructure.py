"""What AWS is told, in ``infra/template.yaml``: T19, T24, T31, T33, T34, T38, T45, T48."""

from __future__ import annotations

from tests.security.mutants.catalogue import Mutant, Plain, mutant

_TEMPLATE = "infra/template.yaml"

_PLAYBACK = "if (request.querystring.Policy || request.cookies['CloudFront-Policy']) {"
_TLS = "Condition: {Bool: {aws:SecureTransport: false}}"


def template(threat: str, breaks: str, old: str, new: str) -> Mutant:
    return mutant(threat, breaks, Plain(_TEMPLATE, old, new))


MUTANTS: tuple[Mutant, ...] = (
    template(
        "T19", "browsers may guess types", "          ContentTypeOptions: {Override: true}\n", ""
    ),
    template("T19", "the edge has no sandbox", "style-src 'unsafe-inline'; sandbox", "style-src *"),
    template(
        "T19",
        "pictures come without the headers",
        "          ResponseHeadersPolicyId: !Ref ResponseHeaders\n        CacheBehaviors:",
        "        CacheBehaviors:",
    ),
    template(
        "T24",
        "unfinished uploads stay for ever",
        "            # As long as the gateway's upload ids live.\n"
        "            AbortIncompleteMultipartUpload: {DaysAfterInitiation: 7}",
        "            ExpiredObjectDeleteMarker: true",
    ),
    template(
        "T31",
        "the edge takes writes",
        "          ViewerProtocolPolicy: https-only\n"
        "          AllowedMethods: [GET, HEAD, OPTIONS]\n"
        "          CachedMethods: [GET, HEAD]\n          Compress: true\n"
        "          TrustedKeyGroups",
        "          ViewerProtocolPolicy: https-only\n"
        "          AllowedMethods: [GET, HEAD, OPTIONS, PUT, POST, PATCH, DELETE]\n"
        "          CachedMethods: [GET, HEAD]\n          Compress: true\n"
        "          TrustedKeyGroups",
    ),
    template(
        "T33",
        "a client chooses the type of a film",
        "            QueryStrings: [response-content-disposition]\n\n  ImageCache:",
        "            QueryStrings: [response-content-disposition, response-content-type]\n\n"
        "  ImageCache:",
    ),
    template(
        "T33",
        "a client chooses the type of a picture",
        "            QueryStrings: [response-content-disposition]\n\n  ResponseHeaders:",
        "            QueryStrings: [response-content-disposition, response-content-type]\n\n"
        "  ResponseHeaders:",
    ),
    template("T34", "a wildcard chooses the disposition", _PLAYBACK, "if (false) {"),
    template(
        "T34",
        "a wildcard's cookies choose the disposition",
        _PLAYBACK,
        "if (request.querystring.Policy) {",
    ),
    template(
        "T38",
        "every page may send to the bucket",
        "AllowedOrigins: !Ref Origins\n            AllowedMethods",
        'AllowedOrigins: ["*"]\n            AllowedMethods',
    ),
    template(
        "T38",
        "every page may read from the edge",
        "AccessControlAllowOrigins: {Items: !Ref Origins}",
        'AccessControlAllowOrigins: {Items: ["*"]}',
    ),
    template(
        "T45",
        "the gateway reaches the whole bucket",
        "              - s3:PutObjectTagging\n            Resource: !Sub ${Bucket.Arn}/users/*",
        "              - s3:PutObjectTagging\n            Resource: !Sub ${Bucket.Arn}/*",
    ),
    template(
        "T45",
        "the gateway changes ACLs",
        "              - s3:PutObjectTagging\n            Resource",
        "              - s3:PutObjectTagging\n"
        "              - s3:PutObjectAcl\n            Resource",
    ),
    template(
        "T45",
        "the gateway lists everything",
        "            Condition: {StringLike: {s3:prefix: users/*}}\n",
        "",
    ),
    template(
        "T45",
        "the bucket takes plain HTTP",
        f'Resource: [!GetAtt Bucket.Arn, !Sub "${{Bucket.Arn}}/*"]\n            {_TLS}',
        'Resource: [!GetAtt Bucket.Arn, !Sub "${Bucket.Arn}/*"]\n'
        "            Condition: {Bool: {aws:SecureTransport: true}}",
    ),
    template(
        "T45",
        "the logs take plain HTTP",
        f'Resource: [!GetAtt LogBucket.Arn, !Sub "${{LogBucket.Arn}}/*"]\n            {_TLS}',
        'Resource: [!GetAtt LogBucket.Arn, !Sub "${LogBucket.Arn}/*"]\n'
        "            Condition: {Bool: {aws:SecureTransport: true}}",
    ),
    template(
        "T45",
        "anybody reads the assets",
        "Principal: {Service: cloudfront.amazonaws.com}",
        'Principal: "*"',
    ),
    template(
        "T48",
        "anybody's distribution reads the assets",
        "AWS:SourceArn: !Sub\n                    - arn:${AWS::Partition}",
        "AWS:SourceAccount: !Sub\n                    - arn:${AWS::Partition}",
    ),
    template(
        "T48",
        "scoped credentials write share records",
        "              - Sid: NeverShares\n                Effect: Deny",
        "              - Sid: NeverShares\n                Effect: Allow",
    ),
    template(
        "T48",
        "the upload role may do more than a session asks for",
        "                  - s3:ListMultipartUploadParts\n                  - s3:PutObject",
        "                  - s3:ListMultipartUploadParts\n                  - s3:Put*",
    ),
    template(
        "T48",
        "the edge reads share records",
        "                - !Sub ${Bucket.Arn}/users/*/video/*\n              Condition",
        "                - !Sub ${Bucket.Arn}/users/*\n              Condition",
    ),
)
