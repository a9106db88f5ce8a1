/** The schemas of the OpenAPI document. Written by `python -m tests.client.generate`: do not edit. */

export interface components {
    schemas: {
        Error: {
            /** @description Error code */
            code?: number;
            /** @description Error name */
            status?: string;
            /** @description Error message */
            message?: string;
            /** @description Errors */
            errors?: {
                [key: string]: unknown;
            };
        };
        PaginationMetadata: {
            /** @description Total number of items. */
            total?: number;
            /** @description Total number of pages. */
            total_pages?: number;
            /** @description First available page number. */
            first_page?: number;
            /** @description Last available page number. */
            last_page?: number;
            /** @description Current page number. */
            page?: number;
            /** @description Previous page number. */
            previous_page?: number;
            /** @description Next page number. */
            next_page?: number;
        };
        NewUpload: {
            /** @example clip.mp4 */
            filename: string;
            /**
             * @description As the browser calls it (docs/types.md); empty: by the extension
             * @example video/mp4
             */
            content_type: string;
            /**
             * @description Bytes
             * @example 73400320
             */
            size: number;
            /**
             * @default auto
             * @enum {string}
             */
            method?: "auto" | "put" | "post" | "multipart";
            /**
             * @description Base64; S3 then refuses other bytes
             * @default null
             */
            checksum_sha256?: string | null;
            /**
             * @description Base64, instead of the above: PUT and POST; see complete
             * @default null
             */
            checksum_crc64nvme?: string | null;
            /**
             * @description MULTIPART: bytes, 5 MiB to `PART_SIZE_BYTES`, which is the default; more where there would be over 1,000 parts
             * @default null
             */
            part_size?: number | null;
            /**
             * @description Left out: taken from the content type
             * @default null
             * @enum {unknown}
             */
            kind?: "audio" | "image" | "video" | "brand_kit" | "frame" | null;
            /** @default null */
            project_id?: string | null;
            /**
             * @description UUID that groups the files of a package, such as HLS
             * @default null
             */
            asset_id?: string | null;
            /** @description Names of a-z 0-9 -, any text; 2 KB together once encoded */
            metadata?: {
                [key: string]: string;
            };
            /**
             * @description Path of an asset that this is a preview of: WebP, JPEG or PNG, at most 1 MiB; then without kind, project_id and asset_id
             * @default null
             */
            preview_for?: string | null;
            /**
             * @description Seconds after which S3 removes the file: whole days for which the bucket has a rule (`EXPIRY_DAYS`); not with POST. Left out: it stays
             * @default null
             */
            expires_in?: number | null;
        };
        Fault: {
            /**
             * @description RFC 6901 pointer to it
             * @example /size
             */
            pointer?: string;
            detail?: string;
        };
        Problem: {
            /** @example /problems/validation-error */
            type?: string;
            title?: string;
            status?: number;
            detail?: string;
            request_id?: string | null;
            errors?: components["schemas"]["Fault"][];
            /**
             * Format: date-time
             * @description Of `quota-exceeded`: when enough of what is held comes free
             */
            frees_at?: string;
            /** @description Of `/s3/`: the detail, where Uppy reads it */
            message?: string;
            /** @description The same */
            error?: string;
        };
        SignedPart: {
            part_number: number;
            /** @description Bytes; signed */
            size: number;
            url: string;
            /** @description Send exactly these */
            headers: {
                [key: string]: string;
            };
        };
        Upload: {
            upload_id: string;
            asset_id: string | null;
            path: string;
            key: string;
            /** @enum {unknown} */
            method: "PUT" | "POST" | "MULTIPART";
            /** @description Bytes declared, where known */
            size: number | null;
            /** @description MULTIPART: bytes but of the last */
            part_size: number | null;
            part_count: number | null;
            /** @description PUT and POST */
            url?: string;
            /** @description PUT: send exactly these */
            headers?: {
                [key: string]: string;
            };
            /** @description POST: form fields to send before the file */
            fields?: {
                [key: string]: string;
            };
            /** @description MULTIPART, at creation: the first 1,000 */
            parts?: components["schemas"]["SignedPart"][];
            /**
             * Format: date-time
             * @description Of the URLs here; null where there are none
             */
            expires_at: string | null;
        };
        UploadedPart: {
            part_number: number;
            size: number;
            /** @description Null once completed */
            etag: string | null;
        };
        UploadState: {
            upload_id: string;
            asset_id: string | null;
            path: string;
            key: string;
            /** @enum {unknown} */
            method: "PUT" | "POST" | "MULTIPART";
            /** @description Bytes declared, where known */
            size: number | null;
            /** @description MULTIPART: bytes but of the last */
            part_size: number | null;
            part_count: number | null;
            /** @description PUT and POST */
            url?: string;
            /** @description PUT: send exactly these */
            headers?: {
                [key: string]: string;
            };
            /** @description POST: form fields to send before the file */
            fields?: {
                [key: string]: string;
            };
            /** @description MULTIPART, at creation: the first 1,000 */
            parts?: components["schemas"]["SignedPart"][];
            /**
             * Format: date-time
             * @description Of the URLs here; null where there are none
             */
            expires_at: string | null;
            uploaded: components["schemas"]["UploadedPart"][];
            /** @description Numbers of the parts still to be sent */
            missing: number[] | null;
        };
        Completion: {
            /**
             * @description Base64 of the 8 bytes of the whole file's CRC-64/NVME
             * @default null
             */
            checksum_crc64nvme?: string | null;
        };
        Link: {
            url: string;
            /** Format: date-time */
            expires_at: string;
            /** @enum {string} */
            via: "s3" | "cloudfront";
        };
        Package: {
            files: number;
            bytes: number;
        };
        Asset: {
            path: string;
            key: string;
            /** @enum {unknown} */
            kind: "audio" | "image" | "video" | "brand_kit" | "frame";
            project_id: string | null;
            asset_id: string | null;
            filename: string;
            /** @description Bytes */
            size: number;
            content_type: string;
            etag: string;
            /** Format: date-time */
            last_modified: string;
            metadata: {
                [key: string]: string;
            } | null;
            checksum_sha256: string | null;
            /** @description Base64, of the whole object, where the store keeps one */
            checksum_crc64nvme: string | null;
            /**
             * Format: date-time
             * @description When S3 removes it by itself; null for never, and in listings
             */
            expires_at: string | null;
            link: components["schemas"]["Link"] | null;
            /** @description A small picture, where there is one: of an asset that is shown, copied, moved or restored, in listings with sign=true, and when it is completed */
            preview: components["schemas"]["Link"] | null;
            /** @description Of the manifest of a package, when it is shown and in listings with group=package; null when there are too many files to count */
            package?: components["schemas"]["Package"] | null;
            /**
             * Format: date-time
             * @description In listings with deleted=true
             */
            deleted_at?: string;
            /** @description In listings with deleted=true: what restoring it brings back */
            version_id?: string;
        };
        PartNumbers: {
            part_numbers: number[];
        };
        SignedParts: {
            parts: components["schemas"]["SignedPart"][];
            /** Format: date-time */
            expires_at: string;
        };
        UnfinishedUpload: {
            upload_id: string;
            path: string;
            key: string;
            /** @description Null: S3 does not know it */
            size: number | null;
            /** Format: date-time */
            initiated_at: string;
        };
        UnfinishedUploads: {
            items: components["schemas"]["UnfinishedUpload"][];
            next_cursor: string | null;
        };
        Batch: {
            uploads: unknown[];
            /**
             * @description Files of one package: names may have folders, and no asset_id
             * @default false
             */
            package?: boolean;
        };
        BatchItem: {
            upload?: components["schemas"]["Upload"];
            problem?: components["schemas"]["Problem"];
        };
        BatchAnswer: {
            items: components["schemas"]["BatchItem"][];
        };
        Completions: {
            upload_ids: string[];
            /**
             * @description In the order of the uploads; as for completing one
             * @default null
             */
            checksums_crc64nvme?: (string | null)[] | null;
        };
        CompletedItem: {
            asset?: components["schemas"]["Asset"];
            problem?: components["schemas"]["Problem"];
        };
        CompletedUploads: {
            items: components["schemas"]["CompletedItem"][];
        };
        AssetPage: {
            items: components["schemas"]["Asset"][];
            next_cursor: string | null;
        };
        AssetPath: {
            path: string;
        };
        Relocation: {
            /** @description An asset, or …/{kind}/{asset_id} alone: the whole package */
            path: string;
            /**
             * @description Left out: the kind it has
             * @default null
             * @enum {unknown}
             */
            kind?: "audio" | "image" | "video" | "brand_kit" | "frame" | null;
            /**
             * @description Left out: the library
             * @default null
             */
            project_id?: string | null;
        };
        FolderDeletion: {
            deleted_objects: number;
            complete: boolean;
        };
        Paths: {
            paths: string[];
        };
        PathError: {
            path: string;
            code: string;
        };
        Deletion: {
            deleted: string[];
            errors: components["schemas"]["PathError"][];
        };
        Version: {
            version_id: string;
            is_latest: boolean;
            deleted: boolean;
            size: number | null;
            etag: string | null;
            /** Format: date-time */
            last_modified: string;
        };
        Versions: {
            items: components["schemas"]["Version"][];
        };
        Restoration: {
            path: string;
            /** @default null */
            version_id?: string | null;
        };
        Project: {
            project_id: string;
        };
        ProjectPage: {
            items: components["schemas"]["Project"][];
            next_cursor: string | null;
        };
        NewShare: {
            path: string;
            /**
             * @description Seconds the link is to live
             * @default null
             */
            expires_in?: number | null;
            /**
             * @default inline
             * @enum {string}
             */
            disposition?: "inline" | "attachment";
            /**
             * @description Plain text for whoever opens it
             * @default null
             */
            note?: string | null;
            /**
             * @description How often it can be opened; takes `REDIS_URL`
             * @default null
             */
            max_opens?: number | null;
        };
        Share: {
            share_id: string;
            url: string;
            path: string;
            /** Format: date-time */
            expires_at: string;
            /** @enum {string} */
            disposition: "inline" | "attachment";
            note: string | null;
            max_opens: number | null;
            /** @description How often it was opened; null where that is not counted */
            opens: number | null;
        };
        SharePage: {
            items: components["schemas"]["Share"][];
            next_cursor: string | null;
        };
        OpenedShare: {
            filename: string;
            content_type: string;
            /** @description Bytes; of a package, its manifest */
            size: number;
            url: string;
            /** @description Of a package: to be put behind each of its URLs, without `?` */
            query: string | null;
            /**
             * Format: date-time
             * @description When `url` and `query` end; ask again then
             */
            expires_at: string;
            note: string | null;
        };
        NewRequest: {
            /** @enum {unknown} */
            kind: "audio" | "image" | "video" | "brand_kit" | "frame";
            /** @default null */
            project_id?: string | null;
            /** @description Left out: all that the kind takes */
            content_types?: string[];
            /**
             * @description Of one file; left out: the kind's own limit
             * @default null
             */
            max_bytes?: number | null;
            /** @default 1 */
            max_files?: number;
            /**
             * @description Seconds the link is to live
             * @default null
             */
            expires_in?: number | null;
            /**
             * @description Plain text for whoever opens it
             * @default null
             */
            note?: string | null;
        };
        UploadRequest: {
            request_id: string;
            url: string;
            /** @enum {unknown} */
            kind: "audio" | "image" | "video" | "brand_kit" | "frame";
            project_id: string | null;
            /** @description Empty: all that the kind takes */
            content_types: string[];
            /** @description Of one file */
            max_bytes: number;
            max_files: number;
            /** @description How many were declared */
            files: number;
            /** Format: date-time */
            expires_at: string;
            note: string | null;
        };
        RequestPage: {
            items: components["schemas"]["UploadRequest"][];
            next_cursor: string | null;
        };
        OpenedRequest: {
            /** @enum {unknown} */
            kind: "audio" | "image" | "video" | "brand_kit" | "frame";
            content_types: string[];
            /** @description Of one file */
            max_bytes: number;
            max_files: number;
            files_left: number;
            /** Format: date-time */
            expires_at: string;
            note: string | null;
        };
        Sending: {
            /** @example clip.mp4 */
            filename: string;
            /**
             * @description As the browser calls it (docs/types.md); empty: by the extension
             * @example video/mp4
             */
            content_type: string;
            /**
             * @description Bytes
             * @example 73400320
             */
            size: number;
            /**
             * @default auto
             * @enum {string}
             */
            method?: "auto" | "put" | "post" | "multipart";
            /**
             * @description Base64; S3 then refuses other bytes
             * @default null
             */
            checksum_sha256?: string | null;
            /**
             * @description Base64, instead of the above: PUT and POST; see complete
             * @default null
             */
            checksum_crc64nvme?: string | null;
            /**
             * @description MULTIPART: bytes, 5 MiB to `PART_SIZE_BYTES`, which is the default; more where there would be over 1,000 parts
             * @default null
             */
            part_size?: number | null;
        };
        Receipt: {
            filename: string;
            content_type: string;
            size: number;
        };
        NewLinks: {
            paths: string[];
            /**
             * @description Seconds the link is to live
             * @default null
             */
            expires_in?: number | null;
            /**
             * @default inline
             * @enum {string}
             */
            disposition?: "inline" | "attachment";
            /**
             * @default auto
             * @enum {string}
             */
            via?: "auto" | "s3" | "cloudfront";
        };
        PathLink: {
            url: string;
            /** Format: date-time */
            expires_at: string;
            /** @enum {string} */
            via: "s3" | "cloudfront";
            path: string;
        };
        Links: {
            links: components["schemas"]["PathLink"][];
        };
        NewPlayback: {
            path: string;
            /**
             * @description Seconds the link is to live
             * @default null
             */
            expires_in?: number | null;
        };
        Playback: {
            /** @description The manifest, with the query on it */
            url: string;
            /** @description To be put behind each URL, without `?` */
            query: string;
            /** @description The same signature as cookies, by name */
            cookies: {
                [key: string]: string;
            };
            /** Format: date-time */
            expires_at: string;
        };
        Single: {
            /** @enum {string} */
            method: "POST" | "PUT";
            url: string;
            fields: {
                [key: string]: string;
            };
            /** @description PUT: send these */
            headers?: {
                [key: string]: string;
            };
            expires: number;
        };
        UppyFile: {
            /** @example clip.mp4 */
            filename: string;
            /**
             * @default
             * @example video/mp4
             */
            type?: string | null;
            metadata?: {
                [key: string]: unknown;
            } | null;
        };
        Created: {
            key: string;
            uploadId: string;
            bucket: string;
        };
        ArrivedPart: {
            PartNumber: number;
            ETag: string;
            Size: number;
        };
        PartUrl: {
            url: string;
            expires: number;
        };
        PartUrls: {
            presignedUrls: {
                [key: string]: string;
            };
        };
        NamedPart: {
            PartNumber: number;
            /** @default null */
            ETag?: unknown;
        };
        Complete: {
            parts: components["schemas"]["NamedPart"][];
        };
        Completed: {
            location: string;
            key: string;
            bucket: string;
        };
        Keys: {
            AccessKeyId: string;
            SecretAccessKey: string;
            SessionToken: string;
            /** Format: date-time */
            Expiration: string;
        };
        Credentials: {
            credentials: components["schemas"]["Keys"];
            bucket: string;
            region: string;
        };
        Sign: {
            /** @enum {string} */
            method: "GET" | "PUT" | "POST" | "DELETE";
            key: string;
            /** @default null */
            contentType?: string | null;
            /** @default null */
            uploadId?: string | null;
            /** @default null */
            partNumber?: number | null;
        };
        Signed: {
            url: string;
            /** @description Instead of the one that was asked for */
            key?: string;
            /** @description Send these */
            headers?: {
                [key: string]: string;
            };
            /** @description Send as a form */
            fields?: {
                [key: string]: string;
            };
        };
        Limit: {
            max_bytes: number;
            /** @description One for each format; its other names are taken, too */
            content_types: string[];
        };
        Amount: {
            bytes: number;
            objects: number;
        };
        Usage: {
            bytes: number;
            objects: number;
            /** @description By kind, library and projects together; `other`: all else */
            by_kind: {
                [key: string]: components["schemas"]["Amount"];
            };
            /** @description By project; the thousand largest */
            by_project: {
                [key: string]: components["schemas"]["Amount"];
            };
            /** @description null: no quota */
            quota_bytes: number | null;
            /** @description Held for what upload URLs that still work can bring */
            reserved_bytes: number;
            /** @description After reservations */
            remaining_bytes: number | null;
        };
        Me: {
            sub: string;
            username: string;
            client_id: string;
            groups: string[];
            scopes: string[];
            /** @example users/0f8fad5b/ */
            prefix: string;
            /** @description By kind */
            limits: {
                [key: string]: components["schemas"]["Limit"];
            };
            usage: components["schemas"]["Usage"];
        };
        Erased: {
            /** @description Versions and delete markers count as well */
            deleted_objects: number;
            aborted_uploads: number;
            /** @description false: call again */
            complete: boolean;
        };
        Health: {
            /** @enum {string} */
            status: "ok";
        };
        Readiness: {
            /** @enum {string} */
            status: "ok" | "unavailable";
            checks: {
                [key: string]: "ok" | "failed";
            };
        };
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
