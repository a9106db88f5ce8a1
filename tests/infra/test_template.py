"""What the template makes, clause by clause."""

from __future__ import annotations

import re
from typing import Any

import pytest

from app.domain.partitions import partition_of
from devstack import edge
from devstack.bootstrap import EXPOSED_HEADERS
from tests.infra.templates import ACCOUNT, EVERYTHING, PUBLIC_KEY, REQUIRED, Made, load
from tests.infra.terraform import MODULE, locals_of, unquoted


@pytest.fixture(scope="module")
def plain() -> Made:
    return Made("template.yaml", REQUIRED)


@pytest.fixture(scope="module")
def everything() -> Made:
    return Made("template.yaml", EVERYTHING)


def rule(made: Made, rule_id: str) -> dict[str, Any]:
    rules = made.properties("Bucket")["LifecycleConfiguration"]["Rules"]
    return next(dict(each) for each in rules if each["Id"] == rule_id)


def test_users_sign_themselves_up_with_a_verified_email(plain: Made) -> None:
    """E-mail sign-in, self sign-up, verification, a strong password, MFA by choice."""
    pool = plain.properties("UserPool")
    assert pool["UsernameAttributes"] == pool["AutoVerifiedAttributes"] == ["email"]
    assert pool["AdminCreateUserConfig"]["AllowAdminCreateUserOnly"] is False
    password = pool["Policies"]["PasswordPolicy"]
    assert password["MinimumLength"] == 8
    for sort in ("Uppercase", "Lowercase", "Numbers", "Symbols"):
        assert password[f"Require{sort}"] is True
    assert (pool["MfaConfiguration"], pool["EnabledMfas"]) == ("OPTIONAL", ["SOFTWARE_TOKEN_MFA"])
    assert plain.resources["UserPool"]["DeletionPolicy"] == "Retain"


def test_the_browser_client_has_no_secret(plain: Made) -> None:
    """A public client: no secret, revocation on, no hint whether a user exists, short tokens."""
    client = plain.properties("UserPoolClient")
    assert client["GenerateSecret"] is False
    assert client["EnableTokenRevocation"] is True
    assert client["PreventUserExistenceErrors"] == "ENABLED"
    assert client["ExplicitAuthFlows"] == ["ALLOW_USER_SRP_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]
    assert client["TokenValidityUnits"]["AccessToken"] == "minutes"
    assert (client["AccessTokenValidity"], client["RefreshTokenValidity"]) == ("60", "30")


def test_rotation_takes_the_place_of_plain_renewal(plain: Made, everything: Made) -> None:
    """Cognito allows no client both; a lost answer may be asked for again for a minute."""
    assert plain.properties("UserPoolClient")["RefreshTokenRotation"] == {"Feature": "DISABLED"}
    client = everything.properties("UserPoolClient")
    assert client["ExplicitAuthFlows"] == ["ALLOW_USER_SRP_AUTH"]
    assert client["RefreshTokenRotation"] == {
        "Feature": "ENABLED",
        "RetryGracePeriodSeconds": 60,
    }


def test_t61_a_back_end_s_scope_is_its_client_s_alone(plain: Made, everything: Made) -> None:
    """T61: asked for, there are a resource server, a client with a secret, and a domain."""
    kinds = ("UserPoolResourceServer", "UserPoolDomain")
    assert not [name for kind in kinds for name in plain.of_type(f"AWS::Cognito::{kind}")]
    assert [*plain.of_type("AWS::Cognito::UserPoolClient")] == ["UserPoolClient"]
    server = everything.properties("ServiceScopes")
    assert server["Identifier"] == "assets"
    assert [each["ScopeName"] for each in server["Scopes"]] == ["act"]
    client = everything.properties("ServiceClient")
    assert client["GenerateSecret"] is True
    assert client["AllowedOAuthFlows"] == ["client_credentials"]
    assert client["AllowedOAuthScopes"] == ["assets/act"]
    assert "AllowedOAuthScopes" not in everything.properties("UserPoolClient")
    domain = everything.properties("TokenDomain")["Domain"]
    assert domain == everything.properties("Bucket")["BucketName"]
    own = {"ServiceScope": "assets/act", "ServiceDomain": "acme-tokens"}
    assert (
        Made("template.yaml", REQUIRED | own).properties("TokenDomain")["Domain"] == "acme-tokens"
    )
    none = Made("template.yaml", REQUIRED | own | {"ServiceDomain": "none"})
    assert "TokenDomain" not in none.resources and "ServiceClient" in none.resources


@pytest.mark.parametrize(
    ("region", "host"),
    [
        ("eu-west-1", "auth.eu-west-1.amazoncognito.com"),
        ("us-gov-west-1", "auth-fips.us-gov-west-1.amazoncognito.com"),
        ("us-gov-east-1", "auth-fips.us-gov-east-1.amazoncognito.com"),
        # AWS's pages name none: the pool's own discovery document is pointed to.
        ("eusc-de-east-1", None),
        ("cn-north-1", None),
    ],
)
def test_c35_tokens_come_from_the_partitions_host(region: str, host: str | None) -> None:
    """C35: GovCloud's domains are FIPS ones. The issuer is what AWS says of the pool itself. The
    Terraform module knows the same hosts."""
    outputs = Made("template.yaml", EVERYTHING, region=region).outputs()
    prefix = "TokenDomain"
    known = f"https://{prefix}.{host}/oauth2/token" if host else None
    assert outputs.get("TokenEndpoint") == known
    assert outputs["Issuer"] == "UserPool.ProviderURL"
    hosts = {
        unquoted(name): unquoted(each) for name, each in locals_of(MODULE)["token_hosts"].items()
    }
    partition = partition_of(region).name
    assert hosts.get(partition) == (host.partition(".")[0] if host else None)
    without = Made("template.yaml", EVERYTHING | {"ServiceDomain": "none"}, region=region)
    assert "TokenEndpoint" not in without.outputs()


@pytest.mark.parametrize("bucket", ["Bucket", "LogBucket"])
def test_buckets_are_private_encrypted_and_kept(everything: Made, bucket: str) -> None:
    """No public access by ACL or policy, encryption and versions, and no loss with the stack."""
    properties = everything.properties(bucket)
    assert set(properties["PublicAccessBlockConfiguration"].values()) == {True}
    assert len(properties["PublicAccessBlockConfiguration"]) == 4
    assert properties["VersioningConfiguration"] == {"Status": "Enabled"}
    encryption = properties["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert encryption[0]["ServerSideEncryptionByDefault"]["SSEAlgorithm"] == "AES256"
    # A first run that failed leaves none behind, whose name would block the second.
    assert everything.resources[bucket]["DeletionPolicy"] == "RetainExceptOnCreate"
    assert everything.resources[bucket]["UpdateReplacePolicy"] == "Retain"


def test_browsers_may_upload_and_read_what_they_need(plain: Made) -> None:
    """T38: exact origins, the methods of every upload, and the headers of the local stack."""
    [cors] = plain.properties("Bucket")["CorsConfiguration"]["CorsRules"]
    assert cors["AllowedOrigins"] == ["https://app.example.com", "http://localhost:3000"]
    assert set(cors["AllowedMethods"]) == {"GET", "PUT", "POST", "DELETE", "HEAD"}
    assert cors["ExposedHeaders"] == EXPOSED_HEADERS
    assert {"ETag", "Location"} <= set(cors["ExposedHeaders"])


def test_unfinished_uploads_and_old_versions_do_not_stay(plain: Made, everything: Made) -> None:
    """T24: what is paid for and unseen ends; the archive is one that links can read."""
    from app.services.signing import UPLOAD_LIFE_SECONDS

    unfinished = rule(plain, "abort-unfinished-uploads")["AbortIncompleteMultipartUpload"]
    assert unfinished["DaysAfterInitiation"] * 86_400 == UPLOAD_LIFE_SECONDS
    assert rule(plain, "expire-old-versions")["ExpiredObjectDeleteMarker"] is True
    assert rule(plain, "archive")["Status"] == "Disabled"
    archive = rule(everything, "archive")
    assert archive["Status"] == "Enabled"
    assert archive["Transitions"] == [{"StorageClass": "GLACIER_IR", "TransitionInDays": 90}]


def test_uploads_and_deletions_are_told_to_the_queue(plain: Made) -> None:
    """Events of `users/` go to a queue that only this bucket may write to, with dead letters."""
    told = plain.properties("Bucket")["NotificationConfiguration"]["QueueConfigurations"]
    assert {each["Event"] for each in told} == {
        "s3:ObjectCreated:*",
        "s3:ObjectRemoved:*",
        "s3:LifecycleExpiration:DeleteMarkerCreated",
    }
    queue = plain.properties("UploadEvents")
    for each in told:
        assert each["Filter"] == {"S3Key": {"Rules": [{"Name": "prefix", "Value": "users/"}]}}
        assert each["Queue"] == plain.worked_out({"Fn::GetAtt": ["UploadEvents", "Arn"]})
    assert queue["SqsManagedSseEnabled"] is True
    dead = plain.worked_out({"Fn::GetAtt": ["DeadLetters", "Arn"]})
    assert queue["RedrivePolicy"]["deadLetterTargetArn"] == dead
    assert plain.resources["Bucket"]["DependsOn"] == "UploadEventsPolicy"
    senders = [each for each in plain.statements("UploadEventsPolicy") if each["Effect"] == "Allow"]
    [sender] = senders
    assert sender["Condition"]["ArnEquals"] == {"aws:SourceArn": "arn:aws:s3:::media-example"}
    assert sender["Condition"]["StringEquals"] == {"aws:SourceAccount": ACCOUNT}


def behaviours(made: Made) -> list[dict[str, Any]]:
    config = made.properties("Distribution")["DistributionConfig"]
    return [config["DefaultCacheBehavior"], *config["CacheBehaviors"]]


def test_the_edge_serves_signed_requests_over_https_alone(plain: Made) -> None:
    """T19, T31: everywhere the key group, reading alone, HTTPS, and the headers policy."""
    for each in behaviours(plain):
        assert each["TrustedKeyGroups"] == ["KeyGroup"]
        assert each["ViewerProtocolPolicy"] == "https-only"
        assert each["Compress"] is True
        assert each["ResponseHeadersPolicyId"] == "ResponseHeaders"
        assert set(each["AllowedMethods"]) == {"GET", "HEAD", "OPTIONS"}
    distribution = plain.properties("Distribution")["DistributionConfig"]
    assert distribution["HttpVersion"] == "http2and3"
    assert distribution["Logging"]["IncludeCookies"] is False
    [origin] = distribution["Origins"]
    assert origin["OriginAccessControlId"] == "OriginAccess.Id"
    assert origin["S3OriginConfig"] == {"OriginAccessIdentity": ""}
    control = plain.properties("OriginAccess")["OriginAccessControlConfig"]
    assert (control["SigningBehavior"], control["SigningProtocol"]) == ("always", "sigv4")


def test_a_domain_of_ones_own_takes_modern_tls(plain: Made, everything: Made) -> None:
    """With a domain its certificate and TLS 1.2; without one CloudFront's own."""
    own = everything.properties("Distribution")["DistributionConfig"]
    assert own["Aliases"] == ["media.example.com"]
    assert own["ViewerCertificate"]["MinimumProtocolVersion"] == "TLSv1.2_2021"
    other = plain.properties("Distribution")["DistributionConfig"]
    assert "Aliases" not in other
    assert other["ViewerCertificate"] == {"CloudFrontDefaultCertificate": True}


@pytest.mark.parametrize(
    ("path", "policy", "seconds"),
    [
        ("users/a/video/1/clip.mp4", "MediaCache", 86_400),
        ("users/a/projects/p/video/1/720p/1.ts", "MediaCache", 86_400),
        ("users/a/audio/1/song.mp3", "MediaCache", 86_400),
        ("users/a/image/1/x.png", "ImageCache", 3_600),
        ("users/a/projects/p/frame/1/x.png", "ImageCache", 3_600),
        ("users/a/brand_kit/1/x.woff2", "ImageCache", 3_600),
    ],
)
def test_videos_are_kept_for_a_day_and_images_for_an_hour(
    plain: Made, path: str, policy: str, seconds: int
) -> None:
    """T33: the first pattern that fits chooses the cache; only the disposition is in its key."""
    default, *others = behaviours(plain)
    fitting = (
        each for each in others if re.fullmatch(each["PathPattern"].replace("*", ".*"), path)
    )
    assert next(fitting, default)["CachePolicyId"] == policy
    config = plain.properties(policy)["CachePolicyConfig"]
    assert (config["MinTTL"], config["DefaultTTL"], config["MaxTTL"]) == (0, seconds, seconds)
    key = config["ParametersInCacheKeyAndForwardedToOrigin"]
    assert key["QueryStringsConfig"] == {
        "QueryStringBehavior": "whitelist",
        "QueryStrings": ["response-content-disposition"],
    }
    assert key["CookiesConfig"] == {"CookieBehavior": "none"}
    assert key["HeadersConfig"] == {"HeaderBehavior": "none"}


def test_t19_the_edge_sends_nosniff_and_a_sandbox(plain: Made) -> None:
    """T19, T38: a browser neither guesses a type nor runs it; the local edge sends the same."""
    policy = plain.properties("ResponseHeaders")["ResponseHeadersPolicyConfig"]
    security = policy["SecurityHeadersConfig"]
    sent = dict(edge._ALWAYS)
    assert sent.pop("X-Content-Type-Options") == "nosniff"
    assert security["ContentTypeOptions"] == {"Override": True}
    assert sent == {
        "Content-Security-Policy": security["ContentSecurityPolicy"]["ContentSecurityPolicy"],
        "Referrer-Policy": security["ReferrerPolicy"]["ReferrerPolicy"],
    }
    assert sent["Content-Security-Policy"].split("; ")[-1] == "sandbox"
    assert security["ContentSecurityPolicy"]["Override"] is True
    assert policy["CorsConfig"]["AccessControlAllowOrigins"]["Items"] == REQUIRED["Origins"].split(
        ","
    )
    # With credentials a browser takes no "*".
    assert policy["CorsConfig"]["AccessControlAllowCredentials"] is True
    assert "*" not in str(policy["CorsConfig"])


def test_two_keys_are_accepted_while_one_is_rotated(plain: Made, everything: Made) -> None:
    """The key group has the blue key, the green one, or both."""
    items = "KeyGroupConfig", "Items"
    assert plain.properties("KeyGroup")[items[0]][items[1]] == ["KeyBlue"]
    assert everything.properties("KeyGroup")[items[0]][items[1]] == ["KeyBlue", "KeyGreen"]
    green = Made("template.yaml", REQUIRED | {"PublicKeyBlue": "", "PublicKeyGreen": PUBLIC_KEY})
    assert green.properties("KeyGroup")[items[0]][items[1]] == ["KeyGreen"]


def test_pool_and_client_may_have_names_of_ones_own(plain: Made) -> None:
    """Else the pool's is the stack's, as two stacks may be in one account."""
    assert plain.properties("UserPool")["UserPoolName"] == "gateway"
    given = {"UserPoolName": "vidverse-users", "UserPoolClientName": "vidverse-web-client"}
    named = Made("template.yaml", REQUIRED | given)
    assert named.properties("UserPool")["UserPoolName"] == "vidverse-users"
    assert named.properties("UserPoolClient")["ClientName"] == "vidverse-web-client"


def test_acceleration_and_a_firewall_are_options(plain: Made, everything: Made) -> None:
    """Transfer Acceleration of the bucket, and a web ACL before the edge."""
    assert "AccelerateConfiguration" not in plain.properties("Bucket")
    assert everything.properties("Bucket")["AccelerateConfiguration"] == {
        "AccelerationStatus": "Enabled"
    }
    assert "WebACLId" not in plain.properties("Distribution")["DistributionConfig"]
    acl = everything.properties("Distribution")["DistributionConfig"]["WebACLId"]
    assert acl == EVERYTHING["WebAclArn"]


@pytest.mark.parametrize(
    ("origin", "taken"),
    [
        ("https://app.example.com", True),
        ("http://localhost:3000", True),
        ("capacitor://localhost", True),
        ("chrome-extension://abcdefghijklmnop", True),
        ("https://*.example.com", False),
        ("*", False),
        ("https://app.example.com/", False),
    ],
)
def test_c25_origins_are_those_that_the_gateway_takes(origin: str, taken: bool) -> None:
    """C25: app shells, and never a wildcard or a path."""
    pattern = load("template.yaml")["Parameters"]["Origins"]["AllowedPattern"]
    assert bool(re.fullmatch(pattern, origin)) == taken


def test_without_an_edge_nothing_of_it_is_made() -> None:
    """Edge=false: no CloudFront resource, and no statement that names one."""
    made = Made("template.yaml", REQUIRED | {"Edge": "false"})
    assert not [name for name, each in made.resources.items() if "CloudFront" in each["Type"]]
    assert "cloudfront" not in str(made.statements("BucketPolicy"))
    assert "cloudfront" not in str(made.statements("GatewayPolicy"))


def test_options_are_off_unless_asked_for(plain: Made, everything: Made) -> None:
    """CloudTrail, replication and scoped credentials are there when they are chosen."""
    for name in ("Trail", "ReplicationRole", "UploadRole", "AdministratorGroup"):
        assert name not in plain.resources
        assert name in everything.resources
    assert "ReplicationConfiguration" not in plain.properties("Bucket")
    replication = everything.properties("Bucket")["ReplicationConfiguration"]
    assert replication["Rules"][0]["Destination"]["Bucket"] == "arn:aws:s3:::media-replica"
    [selector] = everything.properties("Trail")["AdvancedEventSelectors"]
    fields = {each["Field"]: each for each in selector["FieldSelectors"]}
    assert fields["resources.ARN"]["StartsWith"] == ["arn:aws:s3:::media-example/"]


ALARMS = {
    "template.yaml": {
        "BucketSizeAlarm": ("AWS/S3", "BucketSizeBytes"),
        "StorageErrorsAlarm": ("AWS/S3", "4xxErrors"),
        "StorageRequestsAlarm": ("AWS/S3", "AllRequests"),
        "SignInsAlarm": ("AWS/Cognito", "SignInSuccesses"),
        "QueueAgeAlarm": ("AWS/SQS", "ApproximateAgeOfOldestMessage"),
        "DeadLettersAlarm": ("AWS/SQS", "ApproximateNumberOfMessagesVisible"),
    },
    "edge-alarms.yaml": {
        "EdgeFailsAlarm": ("AWS/CloudFront", "5xxErrorRate"),
        "EdgeRefusesAlarm": ("AWS/CloudFront", "4xxErrorRate"),
    },
}


@pytest.mark.parametrize(
    ("template", "name"), [(template, name) for template, names in ALARMS.items() for name in names]
)
def test_alarms_watch_their_metric_and_tell_the_topic(template: str, name: str) -> None:
    """Each alarm reads the metric it is for, returns one number, and has somebody to tell."""
    parameters = REQUIRED if template == "template.yaml" else {"DistributionId": "E1"}
    alarm = Made(template, parameters).properties(name)
    metrics = [
        (each["MetricStat"]["Metric"]["Namespace"], each["MetricStat"]["Metric"]["MetricName"])
        for each in alarm.get("Metrics", [])
        if "MetricStat" in each
    ] or [(alarm["Namespace"], alarm["MetricName"])]
    assert ALARMS[template][name] in metrics
    assert alarm["AlarmActions"] == alarm["OKActions"] == ["Alarms"]
    if "Metrics" in alarm:
        [returned] = [each for each in alarm["Metrics"] if each.get("ReturnData", True)]
        identifiers = set(re.findall(r"\b[a-z]\w*", returned["Expression"]))
        assert identifiers == {each["Id"] for each in alarm["Metrics"]} - {returned["Id"]}


def test_every_alarm_is_in_the_list_above() -> None:
    """An alarm that is added is tested."""
    for template, names in ALARMS.items():
        parameters = REQUIRED if template == "template.yaml" else {"DistributionId": "E1"}
        assert set(Made(template, parameters).of_type("AWS::CloudWatch::Alarm")) == set(names)


def test_the_bucket_is_alarmed_at_a_hundred_gigabytes(plain: Made) -> None:
    """100 GB, unless another size is chosen."""
    assert plain.properties("BucketSizeAlarm")["Threshold"] == "100"


def test_an_account_has_one_cost_monitor() -> None:
    """The monitor that the account has is used; one is made when there is none."""
    known = f"arn:aws:ce::{ACCOUNT}:anomalymonitor/1"
    given = Made("edge-alarms.yaml", {"AlarmEmail": "a@example.com", "CostMonitorArn": known})
    assert given.properties("CostAnomalies")["MonitorArnList"] == [known]
    assert "CostMonitor" not in given.resources
    made = Made("edge-alarms.yaml", {"AlarmEmail": "a@example.com"})
    assert made.properties("CostAnomalies")["MonitorArnList"] == ["CostMonitor"]
    assert "CostAnomalies" not in Made("edge-alarms.yaml", {}).resources


def test_a_budget_tells_before_it_is_spent() -> None:
    """At 80 % and by forecast, of what the plan allows at most; 0 for none."""
    made = Made("edge-alarms.yaml", {"AlarmEmail": "a@example.com"})
    budget = made.properties("Budget")
    assert budget["Budget"]["BudgetLimit"] == {"Amount": "200", "Unit": "USD"}
    told = [each["Notification"] for each in budget["NotificationsWithSubscribers"]]
    assert [(each["NotificationType"], each["Threshold"]) for each in told] == [
        ("ACTUAL", 80),
        ("FORECASTED", 100),
    ]
    none = {"AlarmEmail": "a@example.com", "MonthlyBudgetDollars": "0"}
    assert "Budget" not in Made("edge-alarms.yaml", none).resources
    assert "Budget" not in Made("edge-alarms.yaml", {}).resources


def test_the_replica_can_be_replicated_to(everything: Made) -> None:
    """Versions at both ends, private too; the role may write there and read here, no more.

    Its trust is as AWS documents it:
    https://docs.aws.amazon.com/AmazonS3/latest/userguide/setting-repl-config-perm-overview.html
    """
    [trust] = everything.properties("ReplicationRole")["AssumeRolePolicyDocument"]["Statement"]
    assert trust == {
        "Effect": "Allow",
        "Principal": {"Service": "s3.amazonaws.com"},
        "Action": "sts:AssumeRole",
    }
    replica = Made("replica.yaml", {"ReplicaBucketName": "media-replica"}).properties("Replica")
    assert replica["VersioningConfiguration"] == {"Status": "Enabled"}
    assert set(replica["PublicAccessBlockConfiguration"].values()) == {True}
    written = [
        each
        for each in everything.statements("ReplicationRole")
        if "s3:ReplicateObject" in each["Action"]
    ]
    assert [each["Resource"] for each in written] == ["arn:aws:s3:::media-replica/users/*"]
