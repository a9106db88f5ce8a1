// For each line read: presigns a hundred new PUTs and prints the CPU microseconds of one.
import { randomUUID } from "node:crypto";
import { createInterface } from "node:readline";
import { PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";

const [accessKeyId, secretAccessKey, sessionToken] = process.argv.slice(2);
const s3 = new S3Client({
  region: "eu-west-1",
  credentials: { accessKeyId, secretAccessKey, sessionToken: sessionToken || undefined },
  requestChecksumCalculation: "WHEN_REQUIRED",
});
const COUNT = 100;

for await (const _ of createInterface({ input: process.stdin })) {
  const commands = Array.from({ length: COUNT }, () =>
    new PutObjectCommand({
      Bucket: "media-bucket",
      Key: `users/${randomUUID()}/video/${randomUUID()}/clip.mp4`,
      ContentType: "video/mp4",
      ContentLength: 73400320,
      IfNoneMatch: "*",
      Metadata: { upload: randomUUID() },
    }),
  );
  const before = process.cpuUsage();
  for (const command of commands) await getSignedUrl(s3, command, { expiresIn: 900 });
  const used = process.cpuUsage(before);
  console.log((used.user + used.system) / COUNT);
}
